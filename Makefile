# moim: see README.md. `make demo` and `make check` do everything; `make help` lists the rest.
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
CC      ?= gcc
ARCH    := $(shell $(CC) -dumpmachine | cut -d- -f1)
PKGS    := portaudio-2.0 fftw3f sqlite3 sndfile flac soxr speexdsp libpulse libcjson libsodium libzip libmicrohttpd gnutls zlib expat libgpiod
FFMPEG  := libavformat libavcodec libavutil # headers only: loaded at run time (audio/decode_ffmpeg.c)
# Lowest first: a folder includes only what stands before it, a wing of firmware/ likewise (tests/layers.py).
FOLDERS := base nn audio asr lm summarize storage
WINGS   := platform library pipeline recording daemon device http api cli
# A language of the minutes is a folder of its own; to the layers it is a part of summarize.
PACKS   := $(patsubst %/,%,$(sort $(dir $(wildcard summarize/*/language.c))))
ROOMS   := $(FOLDERS) $(PACKS) $(WINGS:%=firmware/%)

WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT     ?= -O3
# A network daemon's defences; sanitizers bring their own checks (HARDEN= then).
HARDEN  ?= -D_FORTIFY_SOURCE=2 -fPIE
HARDEN_LD ?= -pie -Wl,-z,relro,-z,now
# Asked once, and only by a recipe that compiles: `make deps` must work before pkg-config is there.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS) $(FFMPEG) openblas))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS) openblas))$(PKG_LIBS)
CFLAGS  += -std=c17 -D_GNU_SOURCE $(OPT) -g -fno-math-errno -fno-trapping-math -ffp-contract=off -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=. -pthread $(HARDEN) $(WARN) -I. -DMOIM_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(EXTRA_CFLAGS)
LDLIBS  += $(PKG_LIBS) -lm -ldl -pthread
LDFLAGS += $(HARDEN_LD) $(EXTRA_LDFLAGS)

# V=1 prints commands; otherwise one line a file.
# $(call SANITIZE,a$(,)b): a comma that does not part arguments.
, := ,
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '%-5s %s\n' $1 '$(@:$(BUILD)/%=%)')

# A file compiled for one instruction set says so in its name; nn/ picks one at run time.
SIMD_sse41  := -msse4.1
SIMD_avx2   := -mavx2 -mfma -mf16c -mbmi2
SIMD_avx512 := $(SIMD_avx2) -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mprefer-vector-width=512
SIMD_neon   := -march=armv8.2-a+dotprod+fp16
simd_flags = $(if $(findstring _sse41.,$1),$(SIMD_sse41))$(if $(findstring _avx2.,$1),$(SIMD_avx2))$(if $(findstring _avx512.,$1),$(SIMD_avx512))$(if $(findstring _neon.,$1),$(SIMD_neon))

SRC := $(foreach d,$(ROOMS),$(wildcard $d/*.c))
ifeq ($(ARCH),aarch64)
SRC := $(filter-out %_sse41.c %_avx2.c %_avx512.c,$(SRC))
TEST_CFLAGS := -fno-tree-vectorize # gcc 12.2 for aarch64 crashes on a loop of tests/audio/test_mel.c
else
SRC := $(filter-out %_neon.c,$(SRC))
endif
OBJ   := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/firmware/web_files.o $(BUILD)/firmware/command_list.o
LIB   := $(BUILD)/libmoim.a
# Those of tests/fleet link the fleet's libraries, which not every build has.
SUITES := $(filter-out tests/fleet/%,$(wildcard tests/*/test_*.c))
FLEET_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fleet/test_*.c))
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(SUITES))
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all eval lib tests help debug fleet deb-fleet demo-fleet tsan coverage layers style check hostile bench-serve deps deps-test clean format lint tidy asan bench torture arm64 check-arm64 deps-arm64 deb deb-arm64 image demo demo-web install fuzz models run-tests eval-speakers
all: $(BUILD)/moim ## build/moim, the program
eval: $(BUILD)/moim-eval ## build/moim-eval, the scoring program
lib: $(LIB)
tests: $(TESTS)

help: ## lists the targets
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) $(if $(filter tests/%,$<),$(TEST_CFLAGS) -Itests) $(call simd_flags,$<) $(FLEET_CFLAGS) -MMD -MP -c $< -o $@

# The page, built into the program; the directory itself, so that a file taken away is noticed.
WEB := $(shell find firmware/web 2>/dev/null)
$(BUILD)/firmware/web_files.c: firmware/packaging/embed-web.sh $(WEB)
	@mkdir -p $(@D)
	$(call say,WEB)
	$(Q)firmware/packaging/embed-web.sh firmware/web >$@.tmp && mv $@.tmp $@
# The list of commands, made of the manual page.
$(BUILD)/firmware/command_list.c: firmware/packaging/list-commands.sh docs/moim.1 $(wildcard firmware/cli/*.c)
	@mkdir -p $(@D)
	$(call say,LIST)
	$(Q)firmware/packaging/list-commands.sh docs/moim.1 firmware/cli >$@.tmp && mv $@.tmp $@
$(BUILD)/firmware/web_files.o $(BUILD)/firmware/fleet_files.o $(BUILD)/firmware/command_list.o: %.o: %.c
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# Weights are part of an object file; ccache sees the compiler's line alone, not what .incbin reads.
$(BUILD)/summarize/tagger_weights.o: summarize/models/tagger.bin
$(BUILD)/summarize/tagger_weights.o: CFLAGS += -DWEIGHTS=$(shell cksum <summarize/models/tagger.bin | cut -d' ' -f1)
$(BUILD)/summarize/answer_reader_weights.o: summarize/models/reader.bin
$(BUILD)/summarize/answer_reader_weights.o: CFLAGS += -DWEIGHTS=$(shell cksum <summarize/models/reader.bin | cut -d' ' -f1)

$(LIB): $(OBJ)
	@rm -f $@
	$(call say,AR)
	$(Q)ar qcs $@ $^

$(BUILD)/moim: $(BUILD)/firmware/main.o $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $< $(LIB) $(LDLIBS) -o $@

# The scoring program is no part of the product: its sources stand under tests/.
EVAL_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/eval/*.c))
$(BUILD)/moim-eval: $(EVAL_OBJ) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(EVAL_OBJ) $(LIB) $(LDLIBS) -o $@

# Many recorders on PostgreSQL: a program and a package of its own, which the recorder knows nothing of (docs/fleet.md).
FLEET_PKGS := libpq libcurl
FLEET_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard storage/fleet/*.c firmware/fleet/*.c))
$(FLEET_OBJ): FLEET_CFLAGS = $(shell pkg-config --cflags $(FLEET_PKGS))
$(BUILD)/storage/fleet/migrate.o: $(wildcard storage/fleet/migrations/*.sql)
$(BUILD)/storage/fleet/migrate.o: FLEET_CFLAGS += -DMIGRATIONS=$(shell cat storage/fleet/migrations/*.sql | cksum | cut -d' ' -f1)
# Its page (docs/fleet.md); what it shares with the recorder's page it takes from there.
FLEET_WEB := $(shell find firmware/fleet/web 2>/dev/null)
FLEET_OBJ += $(BUILD)/firmware/fleet_files.o
$(BUILD)/firmware/fleet_files.c: firmware/packaging/embed-web.sh $(FLEET_WEB)
	@mkdir -p $(@D)
	$(call say,WEB)
	$(Q)firmware/packaging/embed-web.sh firmware/fleet/web moim_fleet_files >$@.tmp && mv $@.tmp $@
$(BUILD)/moim-fleet: $(FLEET_OBJ) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(FLEET_OBJ) $(LIB) -Wl,--as-needed $(LDLIBS) $(shell pkg-config --libs $(FLEET_PKGS)) -o $@
$(FLEET_TESTS:=.o): FLEET_CFLAGS = $(shell pkg-config --cflags $(FLEET_PKGS))
$(FLEET_TESTS): %: %.o $(FLEET_OBJ) $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $< $(filter-out %/main.o,$(FLEET_OBJ)) $(LIB) -lcmocka -Wl,--as-needed $(LDLIBS) $(shell pkg-config --libs $(FLEET_PKGS)) -o $@
fleet: $(BUILD)/moim-fleet ## build/moim-fleet, many recorders on PostgreSQL (docs/fleet.md)

# A test is an object and a link, so that a changed source relinks tests and recompiles none.
$(TESTS) $(BENCH): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP) $< $(LIB) -lcmocka $(LDLIBS) -o $@
# Suites whose allocations fail (tests/failing_malloc.h).
$(BUILD)/tests/%/test_allocations: WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup
.SECONDARY: $(TESTS:=.o) $(FLEET_TESTS:=.o) $(BENCH:=.o)

clean: ## removes what was built
	rm -rf $(BUILD)

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d')

# Unit tests of one folder: `make test-nn`. All of them and everything else: `make check`.
test-%: $(LIB)
	@$(MAKE) --no-print-directory $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$*/test_*.c))
	@set -e; for t in $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$*/test_*.c)); do $$t; done

# What a fresh Debian 12 lacks. packages.txt is the one list.
deps: ## installs what building needs
	@tests/install-packages.sh build
deps-test: ## installs what testing needs
	@tests/install-packages.sh build test fleet

# The models, in the user's cache, outside the checkout.
models: ## fetches the models into the user's cache
	@firmware/packaging/models-fetch.sh

# Sets itself up, then: layout and cppcheck, every suite, the end-to-end runs.
check: deps-test ## everything: sets itself up, lint, suites, end-to-end runs on real speech
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 all eval fleet tests $(FLEET_TESTS)
	@$(MAKE) --no-print-directory run-tests

E2E := $(wildcard tests/e2e/*.sh tests/fleet/*.sh) tests/torture/full_disk.sh
# The long ones first, so that both cores are busy to the end.
run-tests: style
	@tests/run.sh $(E2E) $(TESTS) $(FLEET_TESTS)

layers: ## fails on an include from a higher folder or wing
	@tests/layers.py

# Mutated stores, kills, power cuts, full disks, many processes on one store, each call failing, threads and a day of sound,
# longer than `check` has time for: about 3 hours.
torture: $(BUILD)/moim $(BUILD)/tests/firmware/test_mutations $(BUILD)/tests/storage/test_faults $(BUILD)/tests/storage/test_corrections ## mutated stores, kills, power cuts, full disks, many processes, each call failing, threads, a day of sound
	MUTATIONS=100000 $(BUILD)/tests/firmware/test_mutations
	MOIM_FAULT_STRIDE=7 $(BUILD)/tests/storage/test_faults
	MOIM_SEQUENCES=10000 $(BUILD)/tests/storage/test_corrections
	tests/torture/full_disk.sh
	tests/torture/many.py --seconds 600
	tests/torture/faults.py --limit 7200 --resume $(BUILD)/faults.json
	@$(MAKE) --no-print-directory -j2 BUILD=build-tsan HARDEN= HARDEN_LD= OPT=-O1 EXTRA_CFLAGS='-fsanitize=thread -fno-sanitize-recover=all -fno-omit-frame-pointer' EXTRA_LDFLAGS='-fsanitize=thread' all
	tests/torture/tsan_daemon.sh
	tests/torture/kill9.py --record 100 --process 100 --strict
	tests/torture/long.py --hours 24 --no-captions
	tests/torture/long.py --hours 24

# For a Raspberry Pi, from here: Debian's cross compiler with the libraries of the same release (multiarch).
CROSS := BUILD=build-arm64 CC=aarch64-linux-gnu-gcc
arm64 check-arm64: export PKG_CONFIG_LIBDIR = /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig
deps-arm64:
	@tests/install-packages.sh build test
	@tests/install-packages.sh --arch arm64 build cross
arm64: deps-arm64 ## a cross-build for the Raspberry Pi
	@$(MAKE) --no-print-directory -j2 $(CROSS) all
# The suites under emulation; those that play to a sound server or write to audio devices of this machine are left out.
NOT_EMULATED := %/test_capture
check-arm64: deps-arm64 ## its suites under emulation
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 $(CROSS) all tests
	@TEST_RUNNER='qemu-aarch64 -L /' TEST_TIMEOUT=1800 tests/run.sh $(filter-out $(NOT_EMULATED),$(TESTS:$(BUILD)/%=build-arm64/%))

deb: all ## a Debian package
	@tests/install-packages.sh build package
	@firmware/packaging/debian/build.sh $(BUILD)/moim $(VERSION) $(BUILD)
deb-fleet: all fleet ## the Debian package moim-fleet
	@tests/install-packages.sh build fleet package
	@firmware/packaging/fleet/build.sh $(BUILD)/moim-fleet $(VERSION) $(BUILD)
deb-arm64: arm64
	@tests/install-packages.sh package
	@RUN='qemu-aarch64 -L /' firmware/packaging/debian/build.sh build-arm64/moim $(VERSION) build-arm64 arm64

image: deb-arm64 ## a card image for the Raspberry Pi
	@tests/install-packages.sh image
	@firmware/packaging/image/build.sh build-arm64/moim_$(VERSION)_arm64.deb build-arm64/moim.img

demo: deps ## a real recording becomes transcript, minutes and a store
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 all
	@firmware/packaging/demo.sh $(BUILD)/moim

# The page on sample data; prints the address.
demo-web: deps ## the page on sample data
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 all
	@firmware/packaging/demo-web.sh $(BUILD)/moim

# A whole fleet on this machine: a database of its own, three boxes, two workers.
demo-fleet: deps ## a whole fleet on one machine, for trying
	@tests/install-packages.sh fleet
	@$(MAKE) --no-print-directory -j2 all fleet
	@firmware/packaging/fleet/demo.sh $(BUILD)/moim $(BUILD)/moim-fleet

format: ## lays the code out
	@clang-format -i $(shell git ls-files '*.c' '*.h')

style: layers ## layers, clang-format, cppcheck
	@clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	@cppcheck -j2 --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem --suppress=internalAstError:lm/embed_load.c --error-exitcode=1 -I. $(FOLDERS) firmware
lint: style tidy ## style, then clang-tidy

# The object file stands for the headers that its source includes; `make -k tidy` goes on after a finding, and a second run where it stopped.
TIDY := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(SRC) firmware/main.c $(wildcard storage/fleet/*.c firmware/fleet/*.c tests/eval/*.c))
$(BUILD)/tidy/storage/fleet/%.ok $(BUILD)/tidy/firmware/fleet/%.ok: FLEET_CFLAGS = $(shell pkg-config --cflags $(FLEET_PKGS))
$(BUILD)/tidy/%.ok: $(BUILD)/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY)
	$(Q)clang-tidy --quiet --warnings-as-errors='*' $*.c -- $(CFLAGS) $(call simd_flags,$*.c) $(FLEET_CFLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@
tidy: $(TIDY) ## clang-tidy, a file at a time; what has passed is not looked at again

# Speed and memory beside peers in the same run. BENCH_ONLY="llm whisper" picks parts (kernels, llm, whisper, conformer, memory).
bench: $(BUILD)/moim $(BENCH) ## speed and memory beside peers
	@tests/bench/run.sh $(BUILD) $(BENCH_ONLY)

SANITIZE = $(MAKE) --no-print-directory -j2 BUILD=build-$@ HARDEN= HARDEN_LD= OPT=-O1 EXTRA_CFLAGS='$1 -fno-sanitize-recover=all -fno-omit-frame-pointer' EXTRA_LDFLAGS='$1' all tests
asan: ## the suites with address and undefined-behaviour sanitizers
	@$(call SANITIZE,-fsanitize=address$(,)undefined)
	@tests/run.sh $(TESTS:$(BUILD)/%=build-$@/%)
tsan: ## the suites with the thread sanitizer
	@$(call SANITIZE,-fsanitize=thread)
	@TSAN_OPTIONS=suppressions=tests/tsan.supp tests/run.sh $(TESTS:$(BUILD)/%=build-$@/%)
debug: ## build-debug/moim without optimisation
	@$(MAKE) --no-print-directory -j2 BUILD=build-debug HARDEN= HARDEN_LD= OPT='-Og -g3' all
# Beside the suites, end-to-end runs: half an hour and more, as nothing is optimised away. (bad_input reads as another user, who may
# not write what ran; find and kill_recording want work done within a time.)
COVERAGE_E2E := backup box documented export handover import_search inputs languages live_screen many mcp microphone minutes models_fetch names page pair private redact serve_api \
    serve_draft serve_edit serve_first serve_jobs serve_watch socket_activation speakers untrusted vocab whisper_ggml
coverage: ## lines covered by the suites and most end-to-end runs, a folder a line
	@$(MAKE) --no-print-directory -j2 BUILD=build-coverage HARDEN= HARDEN_LD= OPT=-O1 EXTRA_CFLAGS=--coverage EXTRA_LDFLAGS=--coverage all eval tests
	@MOIM=$(CURDIR)/build-coverage/moim TEST_TIMEOUT=3600 tests/run.sh $(TESTS:$(BUILD)/%=build-coverage/%) $(COVERAGE_E2E:%=tests/e2e/%.sh); tests/coverage.py build-coverage

# For editors and clang tools.
compile_commands.json: Makefile
	@$(MAKE) --no-print-directory -Bn V=1 BUILD=$(BUILD) all eval tests | python3 -c 'import json, os, re, sys; print(json.dumps([{"directory": os.getcwd(), "command": l.strip(), "file": m[1]} for l in sys.stdin if (m := re.search(r" -c (\S+\.c) -o ", l))], indent=1))' >$@

# The daemon against a hundred thousand requests that no client would send, and fifty readers beside a recording.
HOSTILE ?= 100000
hostile: ## 100,000 malformed requests to the daemon
	@$(MAKE) --no-print-directory -j2 BUILD=build-asan HARDEN= HARDEN_LD= OPT=-O1 EXTRA_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' EXTRA_LDFLAGS='-fsanitize=address,undefined' all
	@MOIM=build-asan/moim HOSTILE=$(HOSTILE) tests/e2e/serve_hostile.sh
bench-serve: all ## fifty readers beside a recording
	@LOAD_SECONDS=60 tests/e2e/serve_load.sh
	@python3 tests/bench/serve_controls.py

# Every parser against libFuzzer, FUZZ_SECONDS each; what it finds stays in build-fuzz/.
FUZZ_SECONDS ?= 20
FUZZERS := $(patsubst tests/%.c,build-fuzz/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(LIB)
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $< $(LIB) $(LDLIBS) -o $@

fuzz: ## every parser against libFuzzer
	@$(MAKE) --no-print-directory -j2 BUILD=build-fuzz CC=clang HARDEN= HARDEN_LD= OPT=-O1 EXTRA_CFLAGS='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' EXTRA_LDFLAGS='-fsanitize=address,undefined' $(FUZZERS)
	@set -e; for f in $(FUZZERS); do echo "$$f, $(FUZZ_SECONDS) s"; mkdir -p $$f.corpus; \
	    $$f -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -rss_limit_mb=2000 -timeout=20 -artifact_prefix=$$f- $$f.corpus >$$f.log 2>&1 || { tail -n 30 $$f.log; exit 1; }; done

# Who spoke when, against references beside the checkout; the mixes are made anew in a temporary folder.
EVAL ?= ../shared/eval
eval-speakers: $(BUILD)/moim-eval ## who spoke when, on the development data
	@$(BUILD)/moim-eval speakers $(EVAL)/en-ami-diarization
	@set -e; d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; python3 tests/bench/mix_speakers.py --without un4qbATrmx8 $(EVAL)/ko-tedx $$d 20 1; $(BUILD)/moim-eval speakers $$d

install: $(BUILD)/moim ## PREFIX=/usr DESTDIR=
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/moim $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 755 $(BUILD)/moim $(DESTDIR)$(PREFIX)/bin/moim
	install -m 755 firmware/packaging/models-fetch.sh $(DESTDIR)$(PREFIX)/share/moim/
	install -m 644 firmware/packaging/models.manifest $(DESTDIR)$(PREFIX)/share/moim/
	install -m 644 docs/moim.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(RUN) $(BUILD)/moim completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/moim
	$(RUN) $(BUILD)/moim completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_moim
