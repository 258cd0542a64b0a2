# moim: see README.md. `make demo` and `make check` do everything; the rest is below.
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
CC      ?= gcc
ARCH    := $(shell $(CC) -dumpmachine | cut -d- -f1)
PKGS    := portaudio-2.0 fftw3f sqlite3 sndfile flac soxr libcjson libsodium libzip libmicrohttpd zlib libgpiod
FFMPEG  := libavformat libavcodec libavutil libswresample # headers only: loaded at run time (audio/decode_ffmpeg.c)
FOLDERS := nn audio asr lm summarize storage firmware
WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT     ?= -O3
# Asked once, and only by a recipe that compiles: `make deps` must work before pkg-config is there.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS) $(FFMPEG) openblas))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS) openblas))$(PKG_LIBS)
CFLAGS  += -std=c17 -D_GNU_SOURCE $(OPT) -g -fno-math-errno -fno-trapping-math -ffp-contract=off -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=. -pthread $(WARN) -I. -DMOIM_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(EXTRA_CFLAGS)
LDLIBS  += $(PKG_LIBS) -lm -ldl -pthread
LDFLAGS += $(EXTRA_LDFLAGS)

# A file compiled for one instruction set says so in its name; nn/ picks one at run time.
SIMD_avx2   := -mavx2 -mfma -mf16c -mbmi2
SIMD_avx512 := $(SIMD_avx2) -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mprefer-vector-width=512
SIMD_neon   := -march=armv8.2-a+dotprod+fp16
simd_flags = $(if $(findstring _avx2.,$1),$(SIMD_avx2))$(if $(findstring _avx512.,$1),$(SIMD_avx512))$(if $(findstring _neon.,$1),$(SIMD_neon))

SRC := $(foreach d,$(FOLDERS),$(wildcard $d/*.c))
SRC := $(filter-out firmware/main.c,$(SRC))
ifeq ($(ARCH),aarch64)
SRC := $(filter-out %_avx2.c %_avx512.c,$(SRC))
TEST_CFLAGS := -fno-tree-vectorize # gcc 12.2 for aarch64 crashes on a loop of tests/audio/test_mel.c
else
SRC := $(filter-out %_neon.c,$(SRC))
endif
OBJ   := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/firmware/web_files.o
LIB   := $(BUILD)/libmoim.a
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(foreach d,$(FOLDERS),$(wildcard tests/$d/test_*.c)))
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/*.c))

.PHONY: eval-speakers all lib tests check hostile bench-serve deps deps-test clean format lint asan bench torture arm64 check-arm64 deps-arm64 deb deb-arm64 image demo demo-web install fuzz models
all: $(BUILD)/moim
lib: $(LIB)
tests: $(TESTS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(call simd_flags,$<) -MMD -MP -c $< -o $@

# The page, built into the program; the directory itself, so that a file taken away is noticed.
WEB := $(shell find firmware/web 2>/dev/null)
$(BUILD)/firmware/web_files.c: firmware/embed-web.sh $(WEB)
	@mkdir -p $(@D)
	@firmware/embed-web.sh firmware/web >$@.tmp && mv $@.tmp $@
$(BUILD)/firmware/web_files.o: $(BUILD)/firmware/web_files.c
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/moim: $(BUILD)/firmware/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(LIB) $(LDLIBS) -o $@

$(BUILD)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TEST_CFLAGS) $(LDFLAGS) -Itests -MMD -MP $< $(LIB) -lcmocka $(LDLIBS) -o $@

clean:
	rm -rf $(BUILD)

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d')

# Unit tests of one folder: `make test-nn`. All of them and everything else: `make check`.
test-%: $(LIB)
	@$(MAKE) --no-print-directory $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$*/test_*.c))
	@set -e; for t in $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$*/test_*.c)); do $$t; done

# What a fresh Debian 12 lacks. packages.txt is the one list.
deps:
	@tests/install-packages.sh build
deps-test:
	@tests/install-packages.sh build test

# The models, in the user's cache, outside the checkout.
models:
	@firmware/models-fetch.sh

# Sets itself up, then: every suite, the suites again under ASan and UBSan, the fuzzers briefly, the end-to-end runs.
check: deps-test
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 all tests
	@$(MAKE) --no-print-directory run-tests

E2E := $(wildcard tests/e2e/*.sh) tests/torture/full_disk.sh
run-tests:
	@tests/run.sh $(TESTS) $(E2E)

# Kills, power cuts, full disks and a day of sound, longer than `check` has time for: about 40 minutes.
torture: $(BUILD)/moim
	tests/torture/full_disk.sh
	tests/torture/kill9.py --record 100 --process 100 --strict
	tests/torture/long.py --hours 24 --no-captions
	tests/torture/long.py --hours 24

# For a Raspberry Pi, from here: Debian's cross compiler with the libraries of the same release (multiarch).
CROSS := BUILD=build-arm64 CC=aarch64-linux-gnu-gcc
arm64 check-arm64: export PKG_CONFIG_LIBDIR = /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig
deps-arm64:
	@tests/install-packages.sh build test
	@tests/install-packages.sh --arch arm64 build cross
arm64: deps-arm64
	@$(MAKE) --no-print-directory -j2 $(CROSS) all
# The suites under emulation; those that play to a sound server or write to audio devices of this machine are left out.
NOT_EMULATED := %/test_capture
check-arm64: deps-arm64
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 $(CROSS) all tests
	@TEST_RUNNER='qemu-aarch64 -L /' TEST_TIMEOUT=1800 tests/run.sh $(filter-out $(NOT_EMULATED),$(TESTS:$(BUILD)/%=build-arm64/%))

deb: all
	@tests/install-packages.sh build package
	@firmware/debian/build.sh $(BUILD)/moim $(VERSION) $(BUILD)
deb-arm64: arm64
	@tests/install-packages.sh package
	@RUN='qemu-aarch64 -L /' firmware/debian/build.sh build-arm64/moim $(VERSION) build-arm64 arm64

image: deb-arm64
	@tests/install-packages.sh image
	@firmware/image/build.sh build-arm64/moim_$(VERSION)_arm64.deb build-arm64/moim.img

demo: deps
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 all
	@firmware/demo.sh $(BUILD)/moim

# The page on sample data; prints the address.
demo-web: deps
	@$(MAKE) --no-print-directory models
	@$(MAKE) --no-print-directory -j2 all
	@firmware/demo-web.sh $(BUILD)/moim

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

lint:
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem --suppress=internalAstError:lm/embed_load.c --error-exitcode=1 -I. $(FOLDERS)
	clang-tidy --quiet --warnings-as-errors='*' $(SRC) firmware/main.c -- $(CFLAGS)

# Speed and memory beside peers in the same run. BENCH_ONLY="llm whisper" picks parts (kernels, llm, whisper, conformer, memory).
bench: $(BUILD)/moim $(BENCH)
	@tests/bench/run.sh $(BUILD) $(BENCH_ONLY)

asan:
	@$(MAKE) --no-print-directory -j2 BUILD=build-asan OPT=-O1 EXTRA_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' EXTRA_LDFLAGS='-fsanitize=address,undefined' tests
	@tests/run.sh $(TESTS:$(BUILD)/%=build-asan/%)

# The daemon against a hundred thousand requests that no client would send, and fifty readers beside a recording.
HOSTILE ?= 100000
hostile:
	@$(MAKE) --no-print-directory -j2 BUILD=build-asan OPT=-O1 EXTRA_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' EXTRA_LDFLAGS='-fsanitize=address,undefined' all
	@MOIM=build-asan/moim HOSTILE=$(HOSTILE) tests/e2e/serve_hostile.sh
bench-serve: all
	@LOAD_SECONDS=60 tests/e2e/serve_load.sh

# Every parser against libFuzzer, FUZZ_SECONDS each; what it finds stays in build-fuzz/.
FUZZ_SECONDS ?= 20
FUZZERS := $(patsubst tests/%.c,build-fuzz/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $< $(LIB) $(LDLIBS) -o $@

fuzz:
	@$(MAKE) --no-print-directory -j2 BUILD=build-fuzz CC=clang OPT=-O1 EXTRA_CFLAGS='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' EXTRA_LDFLAGS='-fsanitize=address,undefined' $(FUZZERS)
	@set -e; for f in $(FUZZERS); do echo "$$f, $(FUZZ_SECONDS) s"; mkdir -p $$f.corpus; \
	    $$f -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -rss_limit_mb=2000 -timeout=20 -artifact_prefix=$$f- $$f.corpus >$$f.log 2>&1 || { tail -n 30 $$f.log; exit 1; }; done

# Who spoke when, against references beside the checkout; the mixes are made anew in a temporary folder.
EVAL ?= ../shared/eval
eval-speakers: $(BUILD)/moim
	@$(BUILD)/moim eval-speakers $(EVAL)/en-ami-diarization
	@set -e; d=$$(mktemp -d); trap 'rm -rf "$$d"' EXIT; python3 tests/bench/mix_speakers.py --without un4qbATrmx8 $(EVAL)/ko-tedx $$d 20 1; $(BUILD)/moim eval-speakers $$d

install: $(BUILD)/moim
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/moim $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 755 $(BUILD)/moim $(DESTDIR)$(PREFIX)/bin/moim
	install -m 755 firmware/models-fetch.sh $(DESTDIR)$(PREFIX)/share/moim/
	install -m 644 firmware/models.manifest $(DESTDIR)$(PREFIX)/share/moim/
	install -m 644 docs/moim.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(RUN) $(BUILD)/moim completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/moim
	$(RUN) $(BUILD)/moim completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_moim
