# Each target is one command of config/run; `python3 -m config.run` works as well.
#   make run [PORT=8000] [TANDEM_HOME=./var]      make demo SIZE=small|medium|large SEED=1
#   make test [ARGS="tests/accounts -k keys"]     make stop

SHELL := /bin/sh
TANDEM = @python="$$(sh config/run/find-python.sh)" && exec "$$python" -m config.run

.PHONY: help run test check bench demo stop chaos lock messages
help:
	@sed -n 's/^#   //p' Makefile; echo "also: make check bench chaos lock messages"

run:      ; $(TANDEM) run
test:     ; $(TANDEM) test
check:    ; $(TANDEM) check
bench:    ; $(TANDEM) bench
demo:     ; $(TANDEM) demo
stop:     ; $(TANDEM) stop
chaos:    ; $(TANDEM) chaos
lock:     ; $(TANDEM) lock
messages: ; $(TANDEM) messages
