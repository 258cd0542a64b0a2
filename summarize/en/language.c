#include "summarize/en/en.h"
#include "summarize/note_style.h"

#include <stddef.h>

static const char *const chat[] = {"thanks everyone", "thank you", "good morning",
                                   "how are you",     "see you",   NULL};

const struct moim_language moim_language_en = {
    .code = "en",
    .weights = 1,
    .amount = {.enough = 8, .context = 2, .thin = 3, .note = 3, .more_than_yes = 5, .only_day = 6},
    .token_bytes = 4.0,
    .chat = chat,
    .label = {.meeting = "Meeting",
              .decided = "Decided: ",
              .to_do = "To do: ",
              .open = "Open: ",
              .to_confirm = "To confirm: ",
              .and_more = ", and more",
              .next_agenda = "For the next agenda",
              .agree_on_day = "Agree on a day",
              .find_owner = "Find somebody to do it",
              .discussed = "Discussed: %s",
              .also = ", ",
              .by_day = " (by: ",
              .answered = " → ",
              .quote = {"“", "”"},
              .kind = {"Decision", "To do", "Question"}},
    .prompt =
        {.topic =
             "Read a part of a meeting and write its topic and its points as JSON. Report only what was said, with its reasons "
             "and numbers, in short plain sentences about the speakers; leave out greetings and small talk.",
         .topic_talk =
             "Lena: We had 1,200 visitors last week, twice as many as before. The video ad did that.\nMark: But only one "
             "percent bought something. I think the payment page is too complicated.\n",
         .topic_name = "Visitors and sales",
         .topic_point =
             {"A video ad doubled the visitors to 1,200 last week.",
              "Mark said that only one percent bought something and blamed the complicated payment page."},
         .notes = "\nGive weight to these notes:\n",
         .whole =
             "Read the list of what came up in a meeting. Write as JSON the title of the whole meeting and a phrase that ends the "
             "sentence \"The meeting was about\" (about). Use only words of the list.",
         .title_pattern = "{\"title\":%s60,\"about\":%s120}",
         .whole_pattern = "{\"title\":%s60,\"about\":%s120}",
         .list_decided = "- Decided:",
         .list_to_do = "- To do:",
         .word =
             "Read what was said in a meeting and write down what is asked for as one line of minutes. Use only words that were "
             "said, and name the thing that it is about. Leave out names, due dates and greetings. A decision is a short sentence, a task begins "
             "with its verb, an open question begins with \"Whether\", \"Which\", \"Who\" or \"How\".",
         .word_example =
             {{"Decision\nLena: Wouldn't blue be better than red for the poster?\nMark: Yeah, fine, let's go with blue.",
               "Go with blue for the poster"},
              {"Task\nLena: So the invitation, when's that coming?\nMark: Uh, I'll finish it by tomorrow and send it round.",
               "Finish the invitation and send it round"},
              {"Open question\nMark: Are we giving out prizes though?\nLena: Dunno, depends on the budget.",
               "Whether to be giving out prizes, which depends on the budget"}},
         .word_kind = {"Decision", "Task", "Open question"},
         .word_unsaid = "\"%s\" was not said. Use only words that were said.",
         .word_letters = 110,
         .point_letters = 200,
         .judge =
             "Choose what the last part of this talk is. decision: people settled something. task: somebody takes something on. "
             "question: something stays open. none: small talk, what is past, what was turned down.",
         .judge_example = {{"Lena: Wouldn't blue be better?\nMark: Yeah, let's go with blue.", "decision"},
                           {"Lena: When's the invitation coming?\nMark: I'll send it tomorrow.", "task"},
                           {"Mark: Are we giving out prizes?\nLena: Dunno, depends on the budget.",
                            "question"},
                           {"Lena: Had lunch yet?\nMark: Yeah, just now.", "none"}},
         .propose =
             "Read the numbered turns of a meeting and find every decision, every task somebody takes on and every question that "
             "stays open. For each give the turns it rests on, its owner and one line. Leave out what was turned down or taken back, "
             "what is past, and small talk.",
         .propose_talk =
             "[1] Lena: Wouldn't blue be better for the poster?\n[2] Mark: Yeah, let's go with blue. I'll draw it by "
             "tomorrow.\n[3] Lena: Are we giving out prizes?\n[4] Mark: Dunno, depends on the budget.\n",
         .propose_line =
             "{\"findings\":[{\"kind\":\"decision\",\"turns\":[1,2],\"owner\":\"-\",\"text\":\"Go with blue for the "
             "poster\"},{\"kind\":\"task\",\"turns\":[2],\"owner\":\"Mark\",\"text\":\"Draw the "
             "poster\"},{\"kind\":\"question\",\"turns\":[3,4],\"owner\":\"-\",\"text\":\"Whether to be giving out prizes\"}]}",
         .answer =
             "You find answers in the records of meetings. When the numbered turns hold the answer to the question, set found to yes, put "
             "the numbers of those turns into refs and the answer in one English sentence into answer. Copy names, dates and numbers from "
             "the turns. Who does a task is who says that he will or who was asked to, not who asks. When something changed, the last word "
             "counts. When the turns do not say what is asked, set found to no.\nExample:\n[1] Dora: Who prints the posters?\n[2] Ned: "
             "I'll print them by Thursday, in red.\n[3] Dora: Let's make them blue.\nQuestion: Who is going to print the posters?\n"
             "{\"found\":\"yes\",\"refs\":[2],\"answer\":\"Ned will print the posters.\"}\nQuestion: What colour are the posters?\n"
             "{\"found\":\"yes\",\"refs\":[3],\"answer\":\"They will be blue.\"}\nQuestion: What does printing cost?\n"
             "{\"found\":\"no\",\"refs\":[1],\"answer\":\"none\"}",
         .question = "Question",
         .meeting = "Meeting",
         .answered_question = "A question that this answers:"},
    .template_text = {"", "It is a weekly meeting: progress made, plans, and what blocks them.",
                      "It is a one-on-one: feedback, concerns and goals.",
                      "It is an interview: for each question say what was answered.",
                      "It is a lecture: what is taught, definitions and examples.",
                      "It is a brainstorming: every idea, and what speaks for or against it."},
    .template_tags = {"", "progress, plan, blocker", "feedback, concern, goal", "",
                      "concept, definition, example", "idea, pro, con"},
    .cue = moim_cue_en,
    .fluent = moim_note_fluent,
    .note = moim_en_note,
    .unaddressed = NULL,
    .vague = moim_en_vague,
    .things = moim_en_things,
    .names_object = moim_en_names_object,
    .sound_point = moim_en_sound_point,
    .negated = moim_en_negated,
    .conditional = moim_en_conditional,
    .asks = moim_en_asks,
    .sound_line = moim_en_sound_line,
    .content = moim_en_content,
    .says = moim_en_says,
};
