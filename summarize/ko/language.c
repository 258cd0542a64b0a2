#include "summarize/ko/ko.h"
#include "summarize/note_style.h"

#include <stddef.h>

static void keep(char *text)
{
    moim_note_fluent(text);
}

static const char *const chat[] = {"수고하", "수고 많",    "감사합니다", "고맙습니다", "시작하겠",
                                   "안녕하", "반갑습니다", "맛있게",     "점심 뭐",    NULL};

const struct moim_language moim_language_ko = {
    .code = "ko",
    .weights = 0,
    .amount = {.enough = 18, .context = 3, .thin = 7, .note = 5, .more_than_yes = 13, .only_day = 16},
    .token_bytes = 4.2,
    .by_syllable = true,
    .chat = chat,
    .label = {.meeting = "회의",
              .decided = "결정: ",
              .to_do = "할 일: ",
              .open = "미해결: ",
              .to_confirm = "확인 필요: ",
              .and_more = " 등",
              .next_agenda = "다음 회의 안건으로 다루기",
              .agree_on_day = "기한 정하기",
              .find_owner = "담당자 정하기",
              .discussed = "논의: %s",
              .also = ", ",
              .by_day = " (기한: ",
              .answered = " → ",
              .quote = {"“", "”"},
              .kind = {"결정", "할 일", "질문"}},
    .prompt =
        {.topic =
             "회의 대화를 읽고 주제(topic)와 핵심 내용(points)을 JSON으로 적으세요. 대화에 나온 사실과 이유, 숫자만 "
             "짧은 명사형 문장(~함, ~임)으로 적고, 인사와 맞장구는 빼세요.",
         .topic_talk =
             "민아: 지난주 방문자가 1만 2천 명으로 두 배 늘었어요. 영상 광고 효과가 컸습니다.\n석진: 다만 구매율은 "
             "1.5퍼센트로 그대로예요. 결제 화면이 복잡해서 그런 것 같습니다.\n",
         .topic_name = "방문자 증가와 구매율",
         .topic_point = {"영상 광고로 지난주 방문자가 1만 2천 명으로 두 배 늘어남",
                         "구매율은 1.5퍼센트로 그대로이며 복잡한 결제 화면이 원인으로 보임"},
         .notes = "\n다음 메모를 중요하게 다루세요:\n",
         .whole =
             "회의에서 나온 내용 목록을 읽고, 회의 전체를 나타내는 제목(title)과 무엇을 왜 논의했는지 알려 주는 "
             "요약(summary)을 JSON으로 적으세요. 목록에 있는 사실만 짧은 명사형 문장(~함, ~임)으로 적으세요.",
         .title_pattern = "{\"title\":%s24}",
         .whole_pattern = "{\"title\":%s24,\"summary\":%[1-2 %s110%]}",
         .list_decided = "- 결정:",
         .list_to_do = "- 할 일:",
         .word =
             "회의 발언을 읽고 물은 것을 회의록 한 줄로 적으세요. 발언에 나온 낱말만 쓰고, 무엇에 대한 것인지 알 수 있게 "
             "대상(명사)을 꼭 넣으세요. 사람 이름, 날짜가 기한인 말, 인사는 빼고 결정은 ‘~하기로 함’, 할 일은 ‘~하기’, "
             "남은 질문은 ‘~ 여부’나 ‘~할지’로 끝내세요.",
         .word_example =
             {{"결정\n민아: 포스터 색은 빨강보다 파랑이 낫지 않아요?\n석진: 네 뭐, 그럼 파랑으로 가죠.",
               "포스터 색은 파랑으로 하기로 함"},
              {"할 일\n민아: 초대장 문구 그거 언제 나와요?\n석진: 어 그건 제가 내일까지 마무리해서 드릴게요.",
               "초대장 문구 마무리해서 주기"},
              {"남은 질문\n석진: 근데 경품은 주는 건가요?\n민아: 글쎄, 예산이 나와야 알죠.",
               "경품을 줄지 여부"}},
         .word_kind = {"결정", "할 일", "남은 질문"},
         .word_unsaid = "‘%s’은(는) 발언에 없는 말입니다. 발언의 낱말로만 쓰세요.",
         .word_letters = 44,
         .point_letters = 90,
         .judge =
             "회의 발언의 마지막 부분이 무엇인지 고르세요. 결정: 여럿이 정한 것. 할 일: 누가 하겠다고 하거나 맡은 것. "
             "질문: 답이 나오지 않고 남은 것. 아님: 잡담, 지난 이야기, 거절된 것.",
         .judge_example = {{"민아: 파랑이 낫지 않아요?\n석진: 네, 그럼 파랑으로 가죠.", "decision"},
                           {"민아: 초대장은 언제 나와요?\n석진: 제가 내일까지 드릴게요.", "task"},
                           {"석진: 경품은 주는 건가요?\n민아: 글쎄, 예산이 나와야 알죠.", "question"},
                           {"민아: 점심 드셨어요?\n석진: 네, 아까 먹었어요.", "none"}},
         .propose =
             "번호가 붙은 회의 발언을 읽고 정한 것(decision), 맡은 일(task), 답 없이 남은 질문(question)을 모두 찾으세요. "
             "각각 근거 발언 번호(turns), 맡은 사람(owner), 한 줄 내용(text)을 적으세요. 거절되거나 취소된 것, 지난 "
             "이야기, 잡담은 넣지 마세요.",
         .propose_talk =
             "[1] 민아: 포스터 색은 파랑이 낫지 않아요?\n[2] 석진: 네, 그럼 파랑으로 가죠. 시안은 제가 내일까지 "
             "드릴게요.\n[3] 민아: 경품은 주나요?\n[4] 석진: 글쎄, 예산이 나와야 알죠.\n",
         .propose_line =
             "{\"findings\":[{\"kind\":\"decision\",\"turns\":[1,2],\"owner\":\"-\",\"text\":\"포스터 색은 파랑으로 하기로 "
             "함\"},{\"kind\":\"task\",\"turns\":[2],\"owner\":\"석진\",\"text\":\"포스터 시안 주기\"},{\"kind\":\"question\","
             "\"turns\":[3,4],\"owner\":\"-\",\"text\":\"경품을 줄지 여부\"}]}",
         .answer =
             "당신은 회의 기록에서 답을 찾아 주는 비서입니다. 번호가 붙은 발언에 질문의 답이 있으면 found를 yes로 하고, refs에 그 "
             "발언 번호를, answer에 한 문장의 답을 쓰세요. 이름, 날짜, 숫자는 발언에 나온 그대로 쓰세요. 일을 맡은 사람은 부탁한 "
             "사람이 아니라 '제가 하겠습니다'라고 답하거나 부탁받은 사람입니다. 여러 번 바뀌었으면 마지막에 정한 것이 답입니다. "
             "질문한 것이 발언에 나오지 않으면 found를 no로 하세요.\n예:\n[1] 정 과장: 포스터 인쇄는 누가 맡죠?\n[2] 송 대리: 인쇄는 "
             "제가 목요일까지 할게요. 색은 빨강으로 하고요.\n[3] 정 과장: 빨강 말고 파랑으로 정합시다.\n질문: 포스터 인쇄는 누가 하기로 "
             "했지?\n{\"found\":\"yes\",\"refs\":[2],\"answer\":\"송 대리가 하기로 했습니다.\"}\n질문: 포스터 색은 뭐로 정했지?\n"
             "{\"found\":\"yes\",\"refs\":[3],\"answer\":\"파랑으로 정했습니다.\"}\n질문: 포스터 인쇄비는 얼마지?\n{\"found\":\"no\","
             "\"refs\":[1],\"answer\":\"없음\"}",
         .question = "질문",
         .meeting = "회의",
         .answered_question = "위 발언으로 답할 수 있는 질문:"},
    .template_text = {"", "주간 회의입니다. 진행된 일, 앞으로의 계획, 걸림돌을 적으세요.",
                      "일대일 면담입니다. 피드백, 고민, 목표를 적으세요.",
                      "인터뷰입니다. 질문마다 어떤 답이 나왔는지 적으세요.",
                      "강의입니다. 설명한 개념, 정의, 예를 적으세요.",
                      "아이디어 회의입니다. 나온 아이디어와 장단점을 적으세요."},
    .template_tags = {"", "진행, 계획, 걸림돌", "피드백, 고민, 목표", "", "개념, 정의, 예시",
                      "아이디어, 장점, 단점"},
    .cue = moim_cue_ko,
    .clause = moim_ko_clause,
    .fluent = keep,
    .note = moim_ko_note,
    .unaddressed = moim_ko_unaddressed,
    .vague = moim_ko_vague,
    .things = moim_ko_things,
    .names_object = moim_ko_names_object,
    .sound_point = moim_ko_sound_point,
    .negated = moim_ko_negated,
    .conditional = moim_ko_conditional,
    .asks = moim_ko_asks,
    .sound_line = moim_ko_sound_line,
    .content = moim_ko_content,
    .says = moim_ko_says,
};
