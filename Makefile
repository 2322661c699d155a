# The recipes that people use by hand, and what CI runs (`make test`).

DEMO_PACKAGES = cmake flite espeak-ng
TEST_PACKAGES = $(DEMO_PACKAGES) sip-tester sipvicious kamailio kamailio-tls-modules postgresql sox ffmpeg tcpdump \
	iptables iproute2 sqlite3 chromium chromium-driver baresip-core dnsmasq-base openssl \
	curl ca-certificates

export CARGO_TERM_COLOR ?= auto
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: demo test check fmt lint doc unit e2e bench fuzz deny

## A whole campaign call over SIP and RTP on this machine; what was heard is left in demo-out/.
demo:
	tests/setup/install $(DEMO_PACKAGES)
	cargo build --release --bin trunkline
	cargo run --quiet --release --bin trunkline -- demo $(ARGS)

## Everything that must hold: format, lints, docs, and every test on both databases.
test:
	tests/setup/install $(TEST_PACKAGES)
	tests/setup/axe
	$(MAKE) lint doc
	cargo build --workspace --all-targets
	tests/setup/with-postgres $(MAKE) unit

# What failed comes last and without backtraces, so that the end of a long log says why.
unit: export RUST_BACKTRACE = 0
unit:
ifeq ($(NEXTEST),yes)
	cargo nextest run --workspace --no-fail-fast --status-level slow --failure-output final
else
	cargo test --workspace --no-fail-fast
endif

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

## Ratios measured in one run; see docs/PERFORMANCE.md.
bench:
	tests/setup/install sip-tester flite espeak-ng ffmpeg
	cargo build --release --bin trunkline
	cargo run --release -p trunkline-tests --bin bench

## A parser against whatever may come, until stopped: make fuzz TARGET=sip_message (or sdp, rtp); see tests/fuzz/README.md.
fuzz:
	cd tests && cargo +nightly fuzz run $(or $(TARGET),sip_message)

## Licences, sources and known faults of what we depend on (needs cargo-deny).
deny:
	cargo deny check

fmt:
	cargo fmt --all
