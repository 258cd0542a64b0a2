/* Word: Office Open XML (ECMA-376). Styles carry the look, so that a reader changes it in one place; tasks stand in a
 * table; the header has the title, the footer the page's number. */
#include "base/date.h"
#include "base/text.h"
#include "storage/export_layout.h"
#include "storage/record.h"

#include <stdlib.h>
#include <string.h>

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
#define W "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define R "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define TYPE "application/vnd.openxmlformats-officedocument.wordprocessingml"

static const char content_types[] = XML
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
    "<Override PartName=\"/word/document.xml\" ContentType=\"" TYPE ".document.main+xml\"/>"
    "<Override PartName=\"/word/styles.xml\" ContentType=\"" TYPE ".styles+xml\"/>"
    "<Override PartName=\"/word/numbering.xml\" ContentType=\"" TYPE ".numbering+xml\"/>"
    "<Override PartName=\"/word/header1.xml\" ContentType=\"" TYPE ".header+xml\"/>"
    "<Override PartName=\"/word/footer1.xml\" ContentType=\"" TYPE ".footer+xml\"/></Types>";

#define RELS XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
static const char relations[] = RELS
    "<Relationship Id=\"r1\" Type=\"" REL "/officeDocument\" Target=\"word/document.xml\"/>"
    "<Relationship Id=\"r2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\""
    " Target=\"docProps/core.xml\"/></Relationships>";
static const char document_relations[] = RELS
    "<Relationship Id=\"r1\" Type=\"" REL "/styles\" Target=\"styles.xml\"/>"
    "<Relationship Id=\"r2\" Type=\"" REL "/numbering\" Target=\"numbering.xml\"/>"
    "<Relationship Id=\"r3\" Type=\"" REL "/header\" Target=\"header1.xml\"/>"
    "<Relationship Id=\"r4\" Type=\"" REL "/footer\" Target=\"footer1.xml\"/>"
    "<Relationship Id=\"r5\" Type=\"" REL "/customXml\" Target=\"../customXml/item1.xml\"/></Relationships>";

static const char numbering[] = XML
    "<w:numbering " W "><w:abstractNum w:abstractNumId=\"0\"><w:multiLevelType w:val=\"hybridMultilevel\"/>"
    "<w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"bullet\"/><w:lvlText w:val=\"•\"/>"
    "<w:lvlJc w:val=\"left\"/><w:pPr><w:ind w:left=\"400\" w:hanging=\"300\"/></w:pPr></w:lvl></w:abstractNum>"
    "<w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num></w:numbering>";

static const char footer[] = XML
    "<w:ftr " W "><w:p><w:pPr><w:pStyle w:val=\"Footer\"/><w:jc w:val=\"center\"/></w:pPr>"
    "<w:fldSimple w:instr=\" PAGE \"><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r><w:t xml:space=\"preserve\"> / </w:t></w:r>"
    "<w:fldSimple w:instr=\" NUMPAGES \"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>";

struct style {
    const char *id, *name, *paragraph,
        *run; /* of OOXML's own names, so that programs show them in their language */
};

static const struct style styles[] = {
    {"Title", "Title", "<w:keepNext/><w:spacing w:after=\"60\"/>", "<w:b/><w:sz w:val=\"36\"/>"},
    {"Subtitle", "Subtitle", "<w:spacing w:after=\"240\"/>",
     "<w:color w:val=\"595959\"/><w:sz w:val=\"20\"/>"},
    {"Heading1", "heading 1",
     "<w:keepNext/><w:spacing w:before=\"320\" w:after=\"100\"/><w:outlineLvl w:val=\"0\"/>",
     "<w:b/><w:sz w:val=\"28\"/>"},
    {"ListBullet", "List Bullet",
     "<w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr><w:spacing w:after=\"60\"/>", ""},
    {"Transcript", "Transcript",
     "<w:tabs><w:tab w:val=\"left\" w:pos=\"900\"/></w:tabs><w:spacing w:after=\"80\"/>"
     "<w:ind w:left=\"900\" w:hanging=\"900\"/>",
     ""},
    {"Mark", "Mark",
     "<w:tabs><w:tab w:val=\"left\" w:pos=\"900\"/></w:tabs><w:ind w:left=\"900\" w:hanging=\"900\"/>",
     "<w:i/><w:color w:val=\"595959\"/>"},
    {"Cell", "Table Contents", "<w:spacing w:before=\"30\" w:after=\"30\"/>", "<w:sz w:val=\"20\"/>"},
    {"Header", "header", "", "<w:color w:val=\"595959\"/><w:sz w:val=\"18\"/>"},
    {"Footer", "footer", "", "<w:color w:val=\"595959\"/><w:sz w:val=\"18\"/>"},
};

static void write_styles(FILE *out)
{
    fputs(
        XML
        "<w:styles " W
        "><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\""
        " w:eastAsia=\"맑은 고딕\" w:cs=\"Calibri\"/><w:sz w:val=\"22\"/><w:lang w:val=\"en-US\" w:eastAsia=\"ko-KR\"/>"
        "</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:line=\"288\" w:lineRule=\"auto\"/></w:pPr>"
        "</w:pPrDefault></w:docDefaults><w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\">"
        "<w:name w:val=\"Normal\"/></w:style>",
        out);
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        fprintf(
            out,
            "<w:style w:type=\"paragraph\" w:styleId=\"%s\"><w:name w:val=\"%s\"/><w:basedOn w:val=\"Normal\"/>"
            "<w:pPr>%s</w:pPr><w:rPr>%s</w:rPr></w:style>",
            styles[i].id, styles[i].name, styles[i].paragraph, styles[i].run);
    fputs(
        "<w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\"><w:name w:val=\"Normal Table\"/><w:tblPr>"
        "<w:tblCellMar><w:left w:w=\"108\" w:type=\"dxa\"/><w:right w:w=\"108\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr>"
        "</w:style><w:style w:type=\"table\" w:styleId=\"TableGrid\"><w:name w:val=\"Table Grid\"/>"
        "<w:basedOn w:val=\"TableNormal\"/><w:tblPr><w:tblBorders>",
        out);
    static const char *const side[] = {"top", "left", "bottom", "right", "insideH", "insideV"};
    for (int i = 0; i < 6; i++)
        fprintf(out, "<w:%s w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"A6A6A6\"/>", side[i]);
    fputs("</w:tblBorders></w:tblPr></w:style></w:styles>", out);
}

/* ---- the body ---- */

static void put_run(FILE *out, const char *s, bool bold)
{
    if (!*s) return;
    fprintf(out, "<w:r>%s<w:t xml:space=\"preserve\">", bold ? "<w:rPr><w:b/></w:rPr>" : "");
    moim_put_xml(out, s);
    fputs("</w:t></w:r>", out);
}

static void begin(FILE *out, const char *style)
{
    fprintf(out, "<w:p><w:pPr><w:pStyle w:val=\"%s\"/></w:pPr>", style);
}

static void put_point(FILE *out, const struct moim_block *b)
{
    begin(out, "ListBullet");
    put_run(out, b->cell[MOIM_CELL_WHO], true);
    if (*b->cell[MOIM_CELL_WHO]) put_run(out, ": ", true);
    put_run(out, b->cell[MOIM_CELL_TEXT], false);
    if (*b->cell[MOIM_CELL_DUE]) put_run(out, " — ", false);
    put_run(out, b->cell[MOIM_CELL_DUE], false);
    fputs("</w:p>", out);
}

static void put_line(FILE *out, const struct moim_block *b)
{
    begin(out, b->kind == MOIM_BLOCK_LINE ? "Transcript" : "Mark");
    put_run(out, b->cell[MOIM_CELL_TIME], false);
    fputs("<w:r><w:tab/></w:r>", out);
    put_run(out, b->cell[MOIM_CELL_WHO], true);
    if (*b->cell[MOIM_CELL_WHO]) put_run(out, ": ", true);
    put_run(out, b->cell[MOIM_CELL_TEXT], false);
    fputs("</w:p>", out);
}

static void put_row(FILE *out, const struct moim_block *b, bool head)
{
    static const int width[MOIM_CELLS] = {4700, 1700, 1700, 970};
    fprintf(out, "<w:tr><w:trPr><w:cantSplit/>%s</w:trPr>", head ? "<w:tblHeader/>" : "");
    for (int c = 0; c < MOIM_CELLS; c++) {
        fprintf(out, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>%s</w:tcPr>", width[c],
                head ? "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"F2F2F2\"/>" : "");
        begin(out, "Cell");
        put_run(out, b->cell[c], head);
        fputs("</w:p></w:tc>", out);
    }
    fputs("</w:tr>", out);
}

static void put_table(FILE *out, const struct moim_blocks *all, int from, int to)
{
    fputs(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/><w:tblW w:w=\"9070\" w:type=\"dxa\"/>"
        "<w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"4700\"/><w:gridCol w:w=\"1700\"/>"
        "<w:gridCol w:w=\"1700\"/><w:gridCol w:w=\"970\"/></w:tblGrid>",
        out);
    for (int i = from; i < to; i++) put_row(out, &all->list[i], i == from);
    fputs("</w:tbl>", out);
}

static void write_body(FILE *out, const struct moim_blocks *all)
{
    static const char *const style[] = {"Title", "Subtitle", "Heading1"};
    fputs(XML "<w:document " W " " R "><w:body>", out);
    for (int i = 0, end; i < all->n; i = end) {
        const struct moim_block *b = &all->list[i];
        for (end = i + 1;
             b->kind == MOIM_BLOCK_TASK && end < all->n && all->list[end].kind == MOIM_BLOCK_TASK;)
            end++;
        if (b->kind == MOIM_BLOCK_TASK) {
            put_table(out, all, i, end);
        } else if (b->kind == MOIM_BLOCK_POINT) {
            put_point(out, b);
        } else if (b->kind == MOIM_BLOCK_LINE || b->kind == MOIM_BLOCK_MARK) {
            put_line(out, b);
        } else {
            begin(out, style[b->kind]);
            put_run(out, b->cell[MOIM_CELL_TEXT], false);
            fputs("</w:p>", out);
        }
    }
    /* A table may not be the last of a body. */
    fputs(
        "<w:p/><w:sectPr><w:headerReference w:type=\"default\" r:id=\"r3\"/><w:footerReference w:type=\"default\" r:id=\"r4\"/>"
        "<w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1418\" w:right=\"1418\" w:bottom=\"1418\" w:left=\"1418\""
        " w:header=\"709\" w:footer=\"709\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
        out);
}

static void write_header(FILE *out, const char *title)
{
    fputs(XML "<w:hdr " W ">", out);
    begin(out, "Header");
    put_run(out, title, false);
    fputs("</w:p></w:hdr>", out);
}

static void write_core(FILE *out, const struct moim_meeting *m)
{
    char when[32];
    fputs(
        XML
        "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\""
        " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\""
        " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>",
        out);
    moim_put_xml(out, m->title);
    fprintf(out, "</dc:title><dc:creator>moim</dc:creator>");
    if (moim_instant_format(m->started_at, when))
        fprintf(out, "<dcterms:created xsi:type=\"dcterms:W3CDTF\">%s</dcterms:created>", when);
    fputs("</cp:coreProperties>", out);
}

/* Programs that save the document again keep such a part. */
static void write_record(FILE *out, const struct moim_document *doc, const char *body, size_t n, int *rc)
{
    char *bare = moim_package_bare(body, n), *record = bare ? moim_record_make(doc, bare) : NULL;
    if (record)
        fprintf(out, XML "<meeting xmlns=\"" MOIM_RECORD_SPACE "\">%s</meeting>", record);
    else
        *rc = MOIM_ENOMEM;
    free(record);
    free(bare);
}

enum { BODY, STYLES, HEADER, CORE, RECORD, MADE };

int moim_export_docx(const char *path, const struct moim_document *doc, struct moim_err *err)
{
    struct moim_blocks all;
    char *text[MADE] = {NULL};
    size_t n[MADE] = {0};
    int rc = moim_blocks_make(&all, doc);
    for (int i = 0; !rc && i < MADE; i++) {
        FILE *out = open_memstream(&text[i], &n[i]);
        if (out && i == BODY) write_body(out, &all);
        if (out && i == STYLES) write_styles(out);
        if (out && i == HEADER) write_header(out, doc->meeting->title);
        if (out && i == CORE) write_core(out, doc->meeting);
        if (out && i == RECORD) write_record(out, doc, text[BODY], n[BODY], &rc);
        if (!out || !moim_stream_end(out, &text[i])) rc = MOIM_ENOMEM;
    }
    const struct moim_export_part parts[] = {
        {"[Content_Types].xml", content_types, sizeof content_types - 1, false},
        {"_rels/.rels", relations, sizeof relations - 1, false},
        {"docProps/core.xml", text[CORE], n[CORE], false},
        {"word/document.xml", text[BODY], n[BODY], false},
        {"word/_rels/document.xml.rels", document_relations, sizeof document_relations - 1, false},
        {"word/styles.xml", text[STYLES], n[STYLES], false},
        {"word/numbering.xml", numbering, sizeof numbering - 1, false},
        {"word/header1.xml", text[HEADER], n[HEADER], false},
        {"word/footer1.xml", footer, sizeof footer - 1, false},
        {"customXml/item1.xml", text[RECORD], n[RECORD], false},
    };
    rc = rc ? moim_fail(err, rc, "%s: out of memory", path)
            : moim_zip_parts(path, parts, sizeof parts / sizeof *parts, err);
    for (int i = 0; i < MADE; i++) free(text[i]);
    moim_blocks_free(&all);
    return rc;
}
