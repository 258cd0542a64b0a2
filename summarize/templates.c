#include "summarize/minutes.h"

#include <string.h>

static const struct {
    const char *name, *en, *ko;
} template[] = {
    {"plain", "", ""},
    {"weekly", "This is a weekly meeting: put progress, plans for next week and blockers into the points.",
     "주간 회의입니다. 진행 상황, 다음 주 계획, 걸림돌을 요점에 적으세요."},
    {"one-on-one", "This is a one-on-one: put feedback, concerns and goals into the points.",
     "일대일 면담입니다. 피드백, 고민, 목표를 요점에 적으세요."},
    {"interview", "This is an interview: put each question with its answer into the points.",
     "인터뷰입니다. 질문마다 답을 요점에 적으세요."},
    {"lecture", "This is a lecture: put what is taught, definitions and examples into the points.",
     "강의입니다. 가르친 내용, 정의, 예를 요점에 적으세요."},
    {"brainstorming", "This is a brainstorming: put every idea into the points, with who had it.",
     "아이디어 회의입니다. 나온 아이디어와 낸 사람을 요점에 적으세요."},
};

const char *moim_template_instructions(const char *name, const char *language)
{
    for (size_t i = 0; i < sizeof template / sizeof *template; i++)
        if (!strcmp(template[i].name, name)) return !strcmp(language, "ko") ? template[i].ko : template[i].en;
    return NULL;
}
