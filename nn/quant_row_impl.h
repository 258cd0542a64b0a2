/* The walk over packed rows, included by each instruction set after its rows32(), rows_q4k() and rows_q6k():
 * ROWS_32 and ROWS_256 rows are taken at once of blocks of 32 and of super-blocks. */
#define AHEAD 16 /* rows: 8 or 24 are slower */

static bool rows_as_packed(int type, const uint8_t *rows, size_t row_bytes, int n_rows, int cols,
                           const struct moim_qacts *a, float *y)
{
    if (type != MOIM_Q8_0 && type != MOIM_Q5_0 && type != MOIM_Q4_0 && type != MOIM_Q4_K && type != MOIM_Q6_K)
        return false;
    const int step = type >= MOIM_Q4_K ? ROWS_256 : ROWS_32;
    for (int i = 0; i < n_rows; i += step) {
        int live = n_rows - i < step ? n_rows - i : step;
        const uint8_t *p[ROWS_32], *at = rows + (size_t)i * row_bytes;
        /* read ahead; the last rows ask for themselves again */
        const uint8_t *next = n_rows - i >= AHEAD + step ? at + (size_t)AHEAD * row_bytes : at;
        float out[ROWS_32];
        for (int r = 0; r < step; r++) p[r] = at + (size_t)(r < live ? r : live - 1) * row_bytes;
        switch (type) {
        case MOIM_Q8_0: rows32(MOIM_Q8_0, p, (size_t)cols, a, next, out); break;
        case MOIM_Q5_0: rows32(MOIM_Q5_0, p, (size_t)cols, a, next, out); break;
        case MOIM_Q4_0: rows32(MOIM_Q4_0, p, (size_t)cols, a, next, out); break;
        case MOIM_Q4_K: rows_q4k(p, (size_t)cols, a, next, out); break;
        default: rows_q6k(p, (size_t)cols, a, next, out);
        }
        memcpy(y + i, out, (size_t)live * sizeof *y);
    }
    return true;
}
