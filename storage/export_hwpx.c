/* Hangul: OWPML (KS X 6101) in a zip, as the word processor that Korean offices use reads it. Looks stand in header.xml
 * and are named by number; the text stands in section0.xml. Units: 1/7200 inch. */
#include "base/date.h"
#include "base/text.h"
#include "storage/export_layout.h"
#include "storage/record.h"

#include <stdlib.h>
#include <string.h>

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
#define HWPML "http://www.hancom.co.kr/hwpml/2011/"
#define HANCOM "http://www.hancom.co.kr/"
/* Hangul wants every name space at the root of each part, used or not. */
#define SPACES                                                                                               \
    "xmlns:ha=\"" HWPML "app\" xmlns:hp=\"" HWPML "paragraph\" xmlns:hp10=\"" HANCOM                         \
    "hwpml/2016/paragraph\" "                                                                                \
    "xmlns:hs=\"" HWPML "section\" xmlns:hc=\"" HWPML "core\" xmlns:hh=\"" HWPML "head\" xmlns:hhs=\"" HWPML \
    "history\" xmlns:hm=\"" HWPML "master-page\" xmlns:hpf=\"" HANCOM "schema/2011/hpf\" "                   \
    "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:opf=\"http://www.idpf.org/2007/opf/\" "             \
    "xmlns:ooxmlchart=\"" HANCOM "hwpml/2016/ooxmlchart\" xmlns:hwpunitchar=\"" HANCOM                       \
    "hwpml/2016/HwpUnitChar\" "                                                                              \
    "xmlns:epub=\"http://www.idpf.org/2007/ops\" xmlns:config=\"urn:oasis:names:tc:opendocument:xmlns:config:1.0\""
#define WIDTH 42520 /* of the text */

static const char mimetype[] = "application/hwp+zip";
static const char version[] =
    XML "<hv:HCFVersion xmlns:hv=\"" HWPML
        "version\" tagetApplication=\"WORDPROCESSOR\" major=\"5\" minor=\"1\" micro=\"0\""
        " buildNumber=\"1\" os=\"10\" xmlVersion=\"1.4\" application=\"moim\" appVersion=\"1\"/>";
static const char container[] = XML
    "<ocf:container xmlns:ocf=\"urn:oasis:names:tc:opendocument:xmlns:container\" xmlns:hpf=\""
    "http://www.hancom.co.kr/schema/2011/hpf\"><ocf:rootfiles><ocf:rootfile full-path=\"Contents/content.hpf\""
    " media-type=\"application/hwpml-package+xml\"/><ocf:rootfile full-path=\"Preview/PrvText.txt\""
    " media-type=\"text/plain\"/></ocf:rootfiles></ocf:container>";
static const char manifest[] =
    XML "<odf:manifest xmlns:odf=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
static const char settings[] =
    XML "<ha:HWPApplicationSetting xmlns:ha=\"" HWPML "app\"><ha:CaretPosition listIDRef=\"0\""
        " paraIDRef=\"0\" pos=\"0\"/></ha:HWPApplicationSetting>";

/* ---- looks ---- */

enum { BODY_CHAR, TITLE_CHAR, GREY_CHAR, HEAD_CHAR, BOLD_CHAR, CELL_CHAR, CELL_BOLD_CHAR, CHARS };
static const struct {
    int height; /* 1/100 point */
    const char *color;
    bool bold;
} chars[CHARS] = {{1050, "#000000", false}, {1800, "#000000", true}, {950, "#595959", false},
                  {1400, "#000000", true},  {1050, "#000000", true}, {950, "#000000", false},
                  {950, "#000000", true}};

enum {
    BODY_PARA,
    TITLE_PARA,
    WHEN_PARA,
    HEAD_PARA,
    POINT_PARA,
    LINE_PARA,
    CELL_PARA,
    CENTER_PARA,
    MARK_PARA,
    PARAS
};
static const struct {
    const char *name, *english; /* of the style */
    int chars, indent, left, before, after;
    bool outline, keep, center;
} paras[PARAS] = {{"바탕글", "Normal", BODY_CHAR, 0, 0, 0, 0, false, false, false},
                  {"제목", "Title", TITLE_CHAR, 0, 0, 0, 400, false, true, false},
                  {"부제", "Subtitle", GREY_CHAR, 0, 0, 0, 1400, false, false, false},
                  {"개요 1", "Outline 1", HEAD_CHAR, 0, 0, 1800, 600, true, true, false},
                  {"글머리", "List", BODY_CHAR, -1000, 400, 0, 300, false, false, false},
                  {"발언", "Transcript", BODY_CHAR, -4500, 0, 0, 400, false, false, false},
                  {"표", "Table", CELL_CHAR, 0, 0, 0, 0, false, false, false},
                  {"머리말", "Header", GREY_CHAR, 0, 0, 0, 0, false, false, true},
                  {"표시", "Mark", GREY_CHAR, -4500, 0, 0, 400, false, false, false}};

static void write_fonts(FILE *out)
{
    static const char *const lang[] = {"HANGUL", "LATIN", "HANJA", "JAPANESE", "OTHER", "SYMBOL", "USER"};
    fputs("<hh:fontfaces itemCnt=\"7\">", out);
    for (int i = 0; i < 7; i++)
        fprintf(
            out,
            "<hh:fontface lang=\"%s\" fontCnt=\"1\"><hh:font id=\"0\" face=\"맑은 고딕\" type=\"TTF\" isEmbedded=\"0\"/>"
            "</hh:fontface>",
            lang[i]);
    fputs("</hh:fontfaces>", out);
}

static void write_border(FILE *out, int id, const char *type, const char *fill)
{
    static const char *const side[] = {"left", "right", "top", "bottom"};
    fprintf(
        out,
        "<hh:borderFill id=\"%d\" threeD=\"0\" shadow=\"0\" centerLine=\"NONE\" breakCellSeparateLine=\"0\">"
        "<hh:slash type=\"NONE\" Crooked=\"0\" isCounter=\"0\"/><hh:backSlash type=\"NONE\" Crooked=\"0\" isCounter=\"0\"/>",
        id);
    for (int i = 0; i < 4; i++)
        fprintf(out, "<hh:%sBorder type=\"%s\" width=\"0.12 mm\" color=\"#A6A6A6\"/>", side[i], type);
    fputs("<hh:diagonal type=\"NONE\" width=\"0.1 mm\" color=\"#000000\"/>", out);
    if (fill)
        fprintf(
            out,
            "<hc:fillBrush><hc:winBrush faceColor=\"%s\" hatchColor=\"#999999\" alpha=\"0\"/></hc:fillBrush>",
            fill);
    fputs("</hh:borderFill>", out);
}

/* One value for the seven kinds of letters. */
static void write_seven(FILE *out, const char *name, int value)
{
    static const char *const kind[] = {"hangul", "latin", "hanja", "japanese", "other", "symbol", "user"};
    fprintf(out, "<hh:%s", name);
    for (int i = 0; i < 7; i++) fprintf(out, " %s=\"%d\"", kind[i], value);
    fputs("/>", out);
}

static void write_chars(FILE *out)
{
    fprintf(out, "<hh:charProperties itemCnt=\"%d\">", CHARS);
    for (int i = 0; i < CHARS; i++) {
        fprintf(
            out,
            "<hh:charPr id=\"%d\" height=\"%d\" textColor=\"%s\" shadeColor=\"none\" useFontSpace=\"0\" useKerning=\"0\""
            " symMark=\"NONE\" borderFillIDRef=\"1\">",
            i, chars[i].height, chars[i].color);
        write_seven(out, "fontRef", 0);
        write_seven(out, "ratio", 100);
        write_seven(out, "spacing", 0);
        write_seven(out, "relSz", 100);
        write_seven(out, "offset", 0);
        if (chars[i].bold) fputs("<hh:bold/>", out);
        fputs(
            "<hh:underline type=\"NONE\" shape=\"SOLID\" color=\"#000000\"/><hh:strikeout shape=\"NONE\" color=\"#000000\"/>"
            "<hh:outline type=\"NONE\"/><hh:shadow type=\"NONE\" color=\"#B2B2B2\" offsetX=\"10\" offsetY=\"10\"/></hh:charPr>",
            out);
    }
    fputs("</hh:charProperties>", out);
}

static void write_numbering(FILE *out)
{
    fputs(
        "<hh:tabProperties itemCnt=\"1\"><hh:tabPr id=\"0\" autoTabLeft=\"1\" autoTabRight=\"0\"/></hh:tabProperties>"
        "<hh:numberings itemCnt=\"1\"><hh:numbering id=\"1\" start=\"0\">",
        out);
    for (int i = 1; i <= 7; i++)
        fprintf(
            out,
            "<hh:paraHead start=\"1\" level=\"%d\" align=\"LEFT\" useInstWidth=\"1\" autoIndent=\"1\" widthAdjust=\"0\""
            " textOffsetType=\"PERCENT\" textOffset=\"50\" numFormat=\"DIGIT\" charPrIDRef=\"4294967295\" checkable=\"0\"/>",
            i);
    fputs("</hh:numbering></hh:numberings>", out);
}

static void write_paras(FILE *out)
{
    fprintf(out, "<hh:paraProperties itemCnt=\"%d\">", PARAS);
    for (int i = 0; i < PARAS; i++)
        fprintf(
            out,
            "<hh:paraPr id=\"%d\" tabPrIDRef=\"0\" condense=\"0\" fontLineHeight=\"0\" snapToGrid=\"1\""
            " suppressLineNumbers=\"0\" checked=\"0\"><hh:align horizontal=\"%s\" vertical=\"BASELINE\"/>"
            "<hh:heading type=\"%s\" idRef=\"0\" level=\"0\"/><hh:breakSetting breakLatinWord=\"KEEP_WORD\""
            " breakNonLatinWord=\"KEEP_WORD\" widowOrphan=\"0\" keepWithNext=\"%d\" keepLines=\"0\" pageBreakBefore=\"0\""
            " lineWrap=\"BREAK\"/><hh:autoSpacing eAsianEng=\"0\" eAsianNum=\"0\"/><hh:margin>"
            "<hc:intent value=\"%d\" unit=\"HWPUNIT\"/><hc:left value=\"%d\" unit=\"HWPUNIT\"/>"
            "<hc:right value=\"0\" unit=\"HWPUNIT\"/><hc:prev value=\"%d\" unit=\"HWPUNIT\"/>"
            "<hc:next value=\"%d\" unit=\"HWPUNIT\"/></hh:margin><hh:lineSpacing type=\"PERCENT\" value=\"150\""
            " unit=\"HWPUNIT\"/><hh:border borderFillIDRef=\"1\" offsetLeft=\"0\" offsetRight=\"0\" offsetTop=\"0\""
            " offsetBottom=\"0\" connect=\"0\" ignoreMargin=\"0\"/></hh:paraPr>",
            i, paras[i].center ? "CENTER" : "LEFT", paras[i].outline ? "OUTLINE" : "NONE", paras[i].keep,
            paras[i].indent, paras[i].left, paras[i].before, paras[i].after);
    fprintf(out, "</hh:paraProperties><hh:styles itemCnt=\"%d\">", PARAS);
    for (int i = 0; i < PARAS; i++)
        fprintf(
            out,
            "<hh:style id=\"%d\" type=\"PARA\" name=\"%s\" engName=\"%s\" paraPrIDRef=\"%d\" charPrIDRef=\"%d\""
            " nextStyleIDRef=\"0\" langID=\"1042\" lockForm=\"0\"/>",
            i, paras[i].name, paras[i].english, i, paras[i].chars);
    fputs("</hh:styles>", out);
}

static void write_looks(FILE *out)
{
    fputs(XML "<hh:head " SPACES
              " version=\"1.4\" secCnt=\"1\"><hh:beginNum page=\"1\" footnote=\"1\" endnote=\"1\""
              " pic=\"1\" tbl=\"1\" equation=\"1\"/><hh:refList>",
          out);
    write_fonts(out);
    fputs("<hh:borderFills itemCnt=\"3\">", out);
    write_border(out, 1, "NONE", NULL);
    write_border(out, 2, "SOLID", NULL);
    write_border(out, 3, "SOLID", "#F2F2F2");
    fputs("</hh:borderFills>", out);
    write_chars(out);
    write_numbering(out);
    write_paras(out);
    fputs(
        "</hh:refList><hh:compatibleDocument targetProgram=\"HWP201X\"><hh:layoutCompatibility/></hh:compatibleDocument>"
        "<hh:docOption><hh:linkinfo path=\"\" pageInherit=\"0\" footnoteInherit=\"0\"/></hh:docOption></hh:head>",
        out);
}

/* ---- text ---- */

struct writer {
    FILE *out;
    unsigned id; /* of the next paragraph, table or list */
};

static void begin(struct writer *w, int para)
{
    fprintf(
        w->out,
        "<hp:p id=\"%u\" paraPrIDRef=\"%d\" styleIDRef=\"%d\" pageBreak=\"0\" columnBreak=\"0\" merged=\"0\">",
        w->id++, para, para);
}

/* A line feed in a text is a line break of the form's own. */
static void put_run(struct writer *w, int look, const char *s)
{
    if (!*s) return;
    fprintf(w->out, "<hp:run charPrIDRef=\"%d\"><hp:t>", look);
    moim_put_xml(w->out, s);
    fputs("</hp:t></hp:run>", w->out);
}

static void put_empty(struct writer *w, int look)
{
    fprintf(w->out, "<hp:run charPrIDRef=\"%d\"/>", look);
}

static void begin_list(struct writer *w, int width, const char *vertical)
{
    fprintf(
        w->out,
        "<hp:subList id=\"\" textDirection=\"HORIZONTAL\" lineWrap=\"BREAK\" vertAlign=\"%s\" linkListIDRef=\"0\""
        " linkListNextIDRef=\"0\" textWidth=\"%d\" textHeight=\"0\" hasTextRef=\"0\" hasNumRef=\"0\">",
        vertical, width);
}

static void put_note(FILE *out, const char *name, const char *place, int between)
{
    fprintf(
        out,
        "<hp:%s><hp:autoNumFormat type=\"DIGIT\" userChar=\"\" prefixChar=\"\" suffixChar=\")\" supscript=\"0\"/>"
        "<hp:noteLine length=\"-1\" type=\"SOLID\" width=\"0.12 mm\" color=\"#000000\"/><hp:noteSpacing"
        " betweenNotes=\"%d\" belowLine=\"567\" aboveLine=\"850\"/><hp:numbering type=\"CONTINUOUS\" newNum=\"1\"/>"
        "<hp:placement place=\"%s\" beneathText=\"0\"/></hp:%s>",
        name, between, place, name);
}

/* The page, its header with the title and its number below stand in the first paragraph. */
static void put_page(struct writer *w, const char *title)
{
    static const char *const type[] = {"BOTH", "EVEN", "ODD"};
    fputs(
        "<hp:run charPrIDRef=\"0\"><hp:secPr id=\"\" textDirection=\"HORIZONTAL\" spaceColumns=\"1134\" tabStop=\"8000\""
        " outlineShapeIDRef=\"1\" memoShapeIDRef=\"0\" textVerticalWidthHead=\"0\" masterPageCnt=\"0\"><hp:grid lineGrid=\"0\""
        " charGrid=\"0\" wonggojiFormat=\"0\"/><hp:startNum pageStartsOn=\"BOTH\" page=\"0\" pic=\"0\" tbl=\"0\""
        " equation=\"0\"/><hp:visibility hideFirstHeader=\"0\" hideFirstFooter=\"0\" hideFirstMasterPage=\"0\""
        " border=\"SHOW_ALL\" fill=\"SHOW_ALL\" hideFirstPageNum=\"0\" hideFirstEmptyLine=\"0\" showLineNumber=\"0\"/>"
        "<hp:lineNumberShape restartType=\"0\" countBy=\"0\" distance=\"0\" startNumber=\"0\"/><hp:pagePr"
        " landscape=\"WIDELY\" width=\"59528\" height=\"84186\" gutterType=\"LEFT_ONLY\"><hp:margin header=\"4252\""
        " footer=\"4252\" gutter=\"0\" left=\"8504\" right=\"8504\" top=\"5668\" bottom=\"4252\"/></hp:pagePr>",
        w->out);
    put_note(w->out, "footNotePr", "EACH_COLUMN", 283);
    put_note(w->out, "endNotePr", "END_OF_DOCUMENT", 0);
    for (int i = 0; i < 3; i++)
        fprintf(w->out,
                "<hp:pageBorderFill type=\"%s\" borderFillIDRef=\"1\" textBorder=\"PAPER\" headerInside=\"0\""
                " footerInside=\"0\" fillArea=\"PAPER\"><hp:offset left=\"1417\" right=\"1417\" top=\"1417\""
                " bottom=\"1417\"/></hp:pageBorderFill>",
                type[i]);
    fputs(
        "</hp:secPr><hp:ctrl><hp:colPr id=\"\" type=\"NEWSPAPER\" layout=\"LEFT\" colCount=\"1\" sameSz=\"1\" sameGap=\"0\"/>"
        "</hp:ctrl><hp:ctrl><hp:header id=\"1\" applyPageType=\"BOTH\">",
        w->out);
    begin_list(w, WIDTH, "TOP");
    begin(w, CENTER_PARA);
    put_run(w, GREY_CHAR, title);
    fputs(
        "</hp:p></hp:subList></hp:header></hp:ctrl><hp:ctrl><hp:pageNum pos=\"BOTTOM_CENTER\" formatType=\"DIGIT\""
        " sideChar=\"-\"/></hp:ctrl></hp:run>",
        w->out);
}

static void put_cell(struct writer *w, const char *text, int column, int row, int width)
{
    fprintf(
        w->out,
        "<hp:tc name=\"\" header=\"%d\" hasMargin=\"0\" protect=\"0\" editable=\"0\" dirty=\"0\" borderFillIDRef=\"%d\">",
        !row, row ? 2 : 3);
    begin_list(w, 0, "CENTER");
    begin(w, CELL_PARA);
    if (*text)
        put_run(w, row ? CELL_CHAR : CELL_BOLD_CHAR, text);
    else
        put_empty(w, CELL_CHAR);
    fprintf(
        w->out,
        "</hp:p></hp:subList><hp:cellAddr colAddr=\"%d\" rowAddr=\"%d\"/><hp:cellSpan colSpan=\"1\" rowSpan=\"1\"/>"
        "<hp:cellSz width=\"%d\" height=\"1000\"/><hp:cellMargin left=\"510\" right=\"510\" top=\"141\" bottom=\"141\"/>"
        "</hp:tc>",
        column, row, width);
}

static void put_table(struct writer *w, const struct moim_block *rows, int n)
{
    static const int width[MOIM_CELLS] = {22000, 8000, 8000, 4520};
    begin(w, BODY_PARA);
    fprintf(
        w->out,
        "<hp:run charPrIDRef=\"0\"><hp:tbl id=\"%u\" zOrder=\"0\" numberingType=\"TABLE\" textWrap=\"TOP_AND_BOTTOM\""
        " textFlow=\"BOTH_SIDES\" lock=\"0\" dropcapstyle=\"None\" pageBreak=\"CELL\" repeatHeader=\"1\" rowCnt=\"%d\""
        " colCnt=\"%d\" cellSpacing=\"0\" borderFillIDRef=\"2\" noAdjust=\"0\"><hp:sz width=\"%d\""
        " widthRelTo=\"ABSOLUTE\" height=\"%d\" heightRelTo=\"ABSOLUTE\" protect=\"0\"/><hp:pos treatAsChar=\"1\""
        " affectLSpacing=\"0\" flowWithText=\"1\" allowOverlap=\"0\" holdAnchorAndSO=\"0\" vertRelTo=\"PARA\""
        " horzRelTo=\"COLUMN\" vertAlign=\"TOP\" horzAlign=\"LEFT\" vertOffset=\"0\" horzOffset=\"0\"/>"
        "<hp:outMargin left=\"0\" right=\"0\" top=\"0\" bottom=\"0\"/><hp:inMargin left=\"510\" right=\"510\" top=\"141\""
        " bottom=\"141\"/>",
        w->id++, n, MOIM_CELLS, WIDTH, 1282 * n);
    for (int i = 0; i < n; i++) {
        fputs("<hp:tr>", w->out);
        for (int c = 0; c < MOIM_CELLS; c++) put_cell(w, rows[i].cell[c], c, i, width[c]);
        fputs("</hp:tr>", w->out);
    }
    fputs("</hp:tbl><hp:t/></hp:run></hp:p>", w->out);
}

static void put_words(struct writer *w, const struct moim_block *b)
{
    static const int para[] = {TITLE_PARA, WHEN_PARA, HEAD_PARA, POINT_PARA, CELL_PARA, LINE_PARA, MARK_PARA};
    bool line = b->kind >= MOIM_BLOCK_LINE;
    const char *who = b->cell[MOIM_CELL_WHO],
               *due = b->kind == MOIM_BLOCK_POINT ? b->cell[MOIM_CELL_DUE] : "";
    begin(w, para[b->kind]);
    if (b->kind == MOIM_BLOCK_POINT) put_run(w, BODY_CHAR, "• ");
    if (line) {
        fprintf(w->out, "<hp:run charPrIDRef=\"%d\"><hp:t>", GREY_CHAR);
        moim_put_xml(w->out, b->cell[MOIM_CELL_TIME]);
        fputs("<hp:tab width=\"4000\" leader=\"0\" type=\"1\"/></hp:t></hp:run>", w->out);
    }
    put_run(w, BOLD_CHAR, who);
    if (*who) put_run(w, BOLD_CHAR, ": ");
    put_run(w, b->kind == MOIM_BLOCK_MARK ? GREY_CHAR : paras[para[b->kind]].chars, b->cell[MOIM_CELL_TEXT]);
    if (*due) put_run(w, BODY_CHAR, " — ");
    put_run(w, BODY_CHAR, due);
    fputs("</hp:p>", w->out);
}

static void write_section(FILE *out, const struct moim_blocks *all)
{
    struct writer w = {out, 1};
    fputs(XML "<hs:sec " SPACES ">", out);
    begin(&w, BODY_PARA);
    put_page(&w, all->list[0].cell[MOIM_CELL_TEXT]);
    fputs("</hp:p>", out);
    for (int i = 0, end; i < all->n; i = end) {
        for (end = i + 1;
             all->list[i].kind == MOIM_BLOCK_TASK && end < all->n && all->list[end].kind == MOIM_BLOCK_TASK;)
            end++;
        if (all->list[i].kind == MOIM_BLOCK_TASK)
            put_table(&w, &all->list[i], end - i);
        else
            put_words(&w, &all->list[i]);
    }
    fputs("</hs:sec>", out);
}

/* What a file manager shows: the first page's words. */
static void write_preview(FILE *out, const struct moim_blocks *all)
{
    for (int i = 0; i < all->n && i < 40; i++) {
        for (int c = 0; c < MOIM_CELLS; c++)
            if (*all->list[i].cell[c]) fprintf(out, "%s ", all->list[i].cell[c]);
        fputs("\r\n", out);
    }
}

static void write_package(FILE *out, const struct moim_meeting *m)
{
    char when[32];
    moim_instant_format(m->started_at, when);
    fputs(XML "<opf:package " SPACES " version=\"\" unique-identifier=\"\" id=\"\">"
              "<opf:metadata><opf:title>",
          out);
    moim_put_xml(out, m->title);
    fprintf(
        out,
        "</opf:title><opf:language>%s</opf:language><opf:meta name=\"creator\" content=\"text\">moim</opf:meta>"
        "<opf:meta name=\"CreatedDate\" content=\"text\">%s</opf:meta></opf:metadata><opf:manifest><opf:item id=\"header\""
        " href=\"Contents/header.xml\" media-type=\"application/xml\"/><opf:item id=\"section0\""
        " href=\"Contents/section0.xml\" media-type=\"application/xml\"/><opf:item id=\"version\" href=\"version.xml\" media-type=\"application/xml\"/><opf:item id=\"settings\" href=\"settings.xml\""
        " media-type=\"application/xml\"/></opf:manifest><opf:spine><opf:itemref idref=\"header\" linear=\"yes\"/>"
        "<opf:itemref idref=\"section0\" linear=\"yes\"/></opf:spine></opf:package>",
        moim_is_language(m->language) ? m->language : "ko", when);
}

static void write_record(FILE *out, const struct moim_document *doc, const char *section, size_t n, int *rc)
{
    char *bare = moim_package_bare(section, n), *record = bare ? moim_record_make(doc, bare) : NULL;
    if (record)
        fputs(record, out);
    else
        *rc = MOIM_ENOMEM;
    free(record);
    free(bare);
}

enum { SECTION, LOOKS, PACKAGE, PREVIEW, RECORD, MADE };

int moim_export_hwpx(const char *path, const struct moim_document *doc, struct moim_err *err)
{
    struct moim_blocks all;
    char *text[MADE] = {NULL};
    size_t n[MADE] = {0};
    int rc = moim_blocks_make(&all, doc);
    for (int i = 0; !rc && i < MADE; i++) {
        FILE *out = open_memstream(&text[i], &n[i]);
        if (out && i == SECTION) write_section(out, &all);
        if (out && i == LOOKS) write_looks(out);
        if (out && i == PACKAGE) write_package(out, doc->meeting);
        if (out && i == PREVIEW) write_preview(out, &all);
        if (out && i == RECORD) write_record(out, doc, text[SECTION], n[SECTION], &rc);
        if (!out || !moim_stream_end(out, &text[i])) rc = MOIM_ENOMEM;
    }
    /* The form asks for its type first and as it is, so that a program knows it by its first bytes. */
    const struct moim_export_part parts[] = {
        {"mimetype", mimetype, sizeof mimetype - 1, true},
        {"version.xml", version, sizeof version - 1, false},
        {"Contents/header.xml", text[LOOKS], n[LOOKS], false},
        {"Contents/section0.xml", text[SECTION], n[SECTION], false},
        {"Preview/PrvText.txt", text[PREVIEW], n[PREVIEW], false},
        {"settings.xml", settings, sizeof settings - 1, false},
        {"Contents/content.hpf", text[PACKAGE], n[PACKAGE], false},
        {MOIM_HWPX_RECORD, text[RECORD], n[RECORD], false},
        {"META-INF/container.xml", container, sizeof container - 1, false},
        {"META-INF/manifest.xml", manifest, sizeof manifest - 1, false},
    };
    rc = rc ? moim_fail(err, rc, "%s: out of memory", path)
            : moim_zip_parts(path, parts, sizeof parts / sizeof *parts, err);
    for (int i = 0; i < MADE; i++) free(text[i]);
    moim_blocks_free(&all);
    return rc;
}
