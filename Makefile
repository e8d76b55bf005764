# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make                  the module for every kernel whose headers are found, the daemon, the command
#   make KDIR=DIR         ... the module for one kernel's headers or build tree
#   make test             everything that is tested on every change; fetches what it needs
#   make check-long       exhaustive tests          make check-debug   the module under KASAN and lockdep
#   make check-kcsan      ... in a kernel that reports data races
#   make fuzz             fuzz targets, FUZZ_TIME seconds each         make bench     figures beside the peers
#   make run | demo       ksrtpd in the foreground | one call shown    make install | uninstall [DESTDIR=] | deb
#
# V=1 prints commands, SAN=1 builds everything native with ASan and UBSan below build/san.
# A new source file joins by lying in its directory; no list here names files.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @$(if $(filter 1,$(V)),:,printf '  %-7s %s\n' $(1) $(2))
JOBS ?= $(shell nproc)
FUZZ_TIME ?= 300

# ---- flavours of the native build: plain, SAN=1, FUZZ=1

CC := gcc
B := build
CFLAGS ?= -O2 -g
FLAVOUR :=
ifdef SAN
B := build/san
CFLAGS := -O1 -g -fno-omit-frame-pointer
FLAVOUR := -fsanitize=address,undefined -fno-sanitize-recover=all
endif
ifdef FUZZ
B := build/fuzz
CC := clang
CFLAGS := -O1 -g -fno-omit-frame-pointer
FLAVOUR := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

PKGS := libuv openssl libmnl libnl-3.0 libnl-route-3.0 jansson libmicrohttpd sqlite3 \
	libconfuse libsrtp2 libnftables libsystemd
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
# libunbound's own .pc asks for the -dev package of a library that only it uses
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) -lunbound)$(PKG_LIBS)

WARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	-Wundef -Wformat -Wformat-security -Wshadow
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -Iinclude -I. $(WARN) -fPIE -fstack-protector-strong \
	$(FLAVOUR) $(CFLAGS) $(PKG_CFLAGS)
ALL_LDFLAGS = -pie -Wl,--as-needed $(FLAVOUR) $(CFLAGS) $(LDFLAGS)

# ---- native parts

obj = $(patsubst %.c,$(B)/%.o,$(1))
CORE := $(wildcard kmod/core/*.c)
TOOLS := $(wildcard tools/lib/*.c)
DAEMON := $(foreach d,base net sip sdp call media ctl,$(wildcard daemon/$(d)/*.c)) \
	$(wildcard daemon/config*.c daemon/log.c)
COMMAND := $(wildcard tools/ksrtp/*.c)

ARCHIVES := $(if $(DAEMON),$(B)/libdaemon.a) $(if $(TOOLS),$(B)/libtools.a) $(if $(CORE),$(B)/libcore.a)
LINK = $(CC) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

.PHONY: all module native tests
all: module native
native: $(if $(wildcard daemon/main.c),$(B)/ksrtpd) $(if $(COMMAND),$(B)/ksrtp)

$(B)/libcore.a: $(call obj,$(CORE))
$(B)/libtools.a: $(call obj,$(TOOLS))
$(B)/libdaemon.a: $(call obj,$(DAEMON))
$(B)/libunit.a: $(call obj,$(filter-out %_test.c,$(wildcard tests/unit/*.c)))

%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/ksrtpd: $(B)/daemon/main.o $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(ALL_LDFLAGS) $(PKG_LIBS)

$(B)/ksrtp: $(call obj,$(COMMAND)) $(filter-out $(B)/libdaemon.a,$(ARCHIVES))
	$(call say,LINK,$@)
	$(Q)$(LINK) $(ALL_LDFLAGS) $(PKG_LIBS)

# ---- programs of the tests: one a file

UNIT := $(wildcard tests/unit/*_test.c tests/model/*_test.c tests/model/*_long.c)
HELPERS := $(foreach d,netns calls interop guest,$(wildcard tests/$(d)/*.c))
FUZZERS := $(wildcard tests/fuzz/*_fuzz.c)
BENCHES := $(wildcard tools/bench/*.c)
UNITLIB := $(if $(filter-out %_test.c,$(wildcard tests/unit/*.c)),$(B)/libunit.a)
prog = $(patsubst %.c,$(B)/%,$(1))

tests: native $(call prog,$(UNIT) $(HELPERS) $(BENCHES))
fuzzers: $(call prog,$(FUZZERS))
.PHONY: fuzzers

$(call prog,$(UNIT)): $(B)/%: $(B)/%.o $(UNITLIB) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(ALL_LDFLAGS) $(PKG_LIBS) -lcmocka

$(call prog,$(HELPERS) $(BENCHES)): $(B)/%: $(B)/%.o $(UNITLIB) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(ALL_LDFLAGS) $(PKG_LIBS)

$(call prog,$(FUZZERS)): $(B)/%: $(B)/%.o $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $(ALL_LDFLAGS) -fsanitize=fuzzer $(PKG_LIBS)

-include $(patsubst %.c,$(B)/%.d,$(CORE) $(TOOLS) $(DAEMON) $(COMMAND) $(UNIT) $(HELPERS) $(BENCHES) \
	$(FUZZERS) $(wildcard daemon/main.c tests/unit/*.c))

# ---- the module: built in build/kmod/<release>, where each source is a link, so that kernels do not mix

UNPACKED := build/kernels
KDIRS := $(if $(KDIR),$(KDIR),$(wildcard $(patsubst %,%/Makefile,$(wildcard /lib/modules/*/build \
	$(UNPACKED)/usr/src/linux-headers-*-cloud-amd64))))
KDIRS := $(patsubst %/Makefile,%,$(KDIRS))
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(1)/include/generated/utsrelease.h)
KMOD_SRC := $(wildcard Kbuild kmod/*.[ch] kmod/core/*.[ch] include/ksrtp/*.h include/uapi/*.h)
KMODS :=

# $(1) headers, $(2) release; installed headers come first and win over unpacked ones of the same name
define kmod_rule
ifeq ($(filter build/kmod/$(2)/ksrtp.ko,$(KMODS)),)
KMODS += build/kmod/$(2)/ksrtp.ko
build/kmod/$(2)/ksrtp.ko: $(KMOD_SRC)
	$$(call say,KBUILD,$$@)
	$(Q)mkdir -p $$(@D) && find $$(@D) -xtype l -delete
	$(Q)cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(CURDIR)/include $$(@D)/
	$(Q)+flock $$(@D).lock $(MAKE) -C $(abspath $(1)) M=$(CURDIR)/build/kmod/$(2) modules $(if $(filter 1,$(V)),,\
		>$$(@D).log 2>&1 || { cat $$(@D).log; exit 1; })
	$(Q)$(if $(filter 1,$(V)),:,! grep -i warning $$(@D).log)
	$(Q)touch $$@
endif
endef
ifneq ($(wildcard kmod/*.c),)
$(foreach k,$(KDIRS),$(eval $(call kmod_rule,$(k),$(call release,$(k)))))
endif

module: $(KMODS)
	$(if $(KMODS)$(if $(wildcard kmod/*.c),,none),@:,@echo 'no kernel headers found: the module is not built (tests/setup brings some)')
	$(if $(KMODS),,@$(if $(wildcard kmod/*.c),echo 'no kernel headers found: the module is not built (tests/setup brings some)',:))

# ---- tests

.PHONY: setup test check-long check-debug check-kcsan fuzz bench run demo
setup:
	$(Q)tests/setup

# after setup, so that headers and libraries it brought are seen
test: setup
	$(Q)$(MAKE) -j$(JOBS) all tests
	$(Q)$(MAKE) -j$(JOBS) SAN=1 tests
	$(Q)$(MAKE) -j$(JOBS) FUZZ=1 fuzzers
	$(Q)tests/run

check-long: setup
	$(Q)$(MAKE) -j$(JOBS) all tests
	$(Q)$(MAKE) -j$(JOBS) FUZZ=1 fuzzers
	$(Q)tests/run long

check-debug: setup
	$(Q)$(MAKE) -j$(JOBS) all tests
	$(Q)tests/guest/debug-kernel
	$(Q)$(MAKE) KDIR=build/debug/kernel module
	$(Q)tests/run debug

check-kcsan: setup
	$(Q)$(MAKE) -j$(JOBS) all tests
	$(Q)tests/guest/debug-kernel kcsan
	$(Q)$(MAKE) KDIR=build/kcsan/kernel module
	$(Q)tests/run kcsan

fuzz: setup
	$(Q)$(MAKE) -j$(JOBS) FUZZ=1 fuzzers
	$(Q)FUZZ_TIME=$(FUZZ_TIME) tests/run fuzz

bench: setup
	$(Q)$(MAKE) -j$(JOBS) all tests
	$(Q)tools/bench/run

run:
	$(Q)dist/run

demo:
	$(Q)dist/demo

# ---- install

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= /lib/systemd/system
LOADDIR ?= /etc/modules-load.d
SYSUSERSDIR ?= /usr/lib/sysusers.d
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
CONFDIR ?= /etc
HOST_KDIRS := $(if $(KDIR),$(KDIR),$(filter /lib/modules/%,$(KDIRS)))

MAN := $(wildcard tools/man/*.[1-8])
man_dest = $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

.PHONY: install install-native uninstall clean deb
install-native: native
	install -D -m 755 build/ksrtpd $(DESTDIR)$(SBINDIR)/ksrtpd
	install -D -m 755 build/ksrtp $(DESTDIR)$(BINDIR)/ksrtp
	$(foreach m,$(MAN),install -D -m 644 $(m) $(call man_dest,$(m)) &&) :
	install -d $(DESTDIR)$(UNITDIR)
	sed 's,@SBINDIR@,$(SBINDIR),' dist/ksrtpd.service >$(DESTDIR)$(UNITDIR)/ksrtpd.service
	install -D -m 644 dist/ksrtp.sysusers $(DESTDIR)$(SYSUSERSDIR)/ksrtp.conf
	install -D -m 644 dist/ksrtp.completion $(DESTDIR)$(COMPLETIONDIR)/ksrtp
	ln -sf ksrtp $(DESTDIR)$(COMPLETIONDIR)/ksrtpd
	install -D -m 644 dist/modules-load.conf $(DESTDIR)$(LOADDIR)/ksrtp.conf
	test -e $(DESTDIR)$(CONFDIR)/ksrtpd.conf || \
		install -D -m 640 dist/ksrtpd.conf $(DESTDIR)$(CONFDIR)/ksrtpd.conf

install: all install-native
	$(foreach k,$(HOST_KDIRS),install -D -m 644 build/kmod/$(call release,$(k))/ksrtp.ko \
		$(DESTDIR)/lib/modules/$(call release,$(k))/updates/ksrtp.ko &&) :
	$(if $(DESTDIR),,$(foreach k,$(HOST_KDIRS),depmod $(call release,$(k)) &&) :)
	$(if $(DESTDIR),,systemd-sysusers $(SYSUSERSDIR)/ksrtp.conf)
	$(if $(DESTDIR),,chgrp ksrtp $(CONFDIR)/ksrtpd.conf)

# the packages, below build/deb-packages
deb: native
	$(Q)dist/deb/build

# the configuration stays
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/ksrtpd $(DESTDIR)$(BINDIR)/ksrtp $(foreach m,$(MAN),$(call man_dest,$(m)))
	rm -f $(DESTDIR)$(UNITDIR)/ksrtpd.service $(DESTDIR)$(LOADDIR)/ksrtp.conf
	rm -f $(DESTDIR)$(SYSUSERSDIR)/ksrtp.conf
	rm -f $(DESTDIR)$(COMPLETIONDIR)/ksrtp $(DESTDIR)$(COMPLETIONDIR)/ksrtpd
	rm -f $(foreach k,$(HOST_KDIRS),$(DESTDIR)/lib/modules/$(call release,$(k))/updates/ksrtp.ko)
	$(if $(DESTDIR),,$(foreach k,$(HOST_KDIRS),depmod $(call release,$(k)) &&) :)

# what was compiled; build/kernels, build/root, build/debug and build/kcsan were expensive and stay
clean:
	rm -rf build/kmod build/san build/fuzz build/tests build/kmod build/daemon build/tools build/guest
	rm -f build/*.a build/ksrtp build/ksrtpd
