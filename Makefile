# moim: see README.md. `make demo` and `make check` do everything; the rest is below.
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
CC      ?= gcc
ARCH    := $(shell $(CC) -dumpmachine | cut -d- -f1)
PKGS    := portaudio-2.0 fftw3f sqlite3 sndfile soxr libavformat libavcodec libavutil libswresample libcjson libsodium libzip libmicrohttpd
NEEDS_PKGS := $(filter-out deps deps-test clean format check demo,$(or $(MAKECMDGOALS),all))

FOLDERS := nn audio asr lm summarize storage firmware
WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
OPT     ?= -O3
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) openblas)
PKG_LIBS   = $(shell pkg-config --libs $(PKGS) openblas)
CFLAGS  += -std=c17 -D_GNU_SOURCE $(OPT) -g -fno-math-errno -fno-trapping-math -fstack-protector-strong -pthread $(WARN) -I. -DMOIM_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(EXTRA_CFLAGS)
LDLIBS  += $(PKG_LIBS) -lm -pthread
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
else
SRC := $(filter-out %_neon.c,$(SRC))
endif
OBJ   := $(SRC:%.c=$(BUILD)/%.o)
LIB   := $(BUILD)/libmoim.a
TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(foreach d,$(FOLDERS),$(wildcard tests/$d/test_*.c)))
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all lib tests check deps deps-test clean format lint asan bench demo install fuzz models
all: $(BUILD)/moim
lib: $(LIB)
tests: $(TESTS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(call simd_flags,$<) -MMD -MP -c $< -o $@

$(LIB): $(OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/moim: $(BUILD)/firmware/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) $< $(LIB) $(LDLIBS) -o $@

$(BUILD)/tests/%: tests/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Itests -MMD -MP $< $(LIB) -lcmocka $(LDLIBS) -o $@

clean:
	rm -rf $(BUILD)

-include $(shell [ -d $(BUILD) ] && find $(BUILD) -name '*.d')

# Unit tests of one folder: `make test-nn`. All of them and everything else: `make check`.
test-%: $(LIB)
	@$(MAKE) --no-print-directory $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$*/test_*.c))
	@set -e; for t in $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/$*/test_*.c)); do $$t; done
