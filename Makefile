# exact8: the commands people use. The build itself is CMake's; these are its front door.
BUILD ?= build/release
PRESET ?= release
JOBS ?= $(shell nproc)
CONFIGS ?= nano tiny b512 b1024 b4096 r4096

.PHONY: help run test test-long build setup rtl rtl-all mutants bench area clean
help:
	@echo 'make run            install, build, run the main job (Fashion-MNIST through golden, emulator and RTL)'
	@echo 'make test           install, build, every default test; ends in N passed, N failed'
	@echo 'make test-long      the long campaigns'
	@echo 'make rtl CONFIG=b512 | LANES=n V=n ... [RTL_DIR=dir] [OUT=path.so] [TRACE=1]   verilate a plug-in'
	@echo 'make mutants        breaks the RTL on purpose, every way of tests/mutants; the tests must notice'
	@echo 'make bench          benchmarks, to build/bench/bench.json'
	@echo 'make area           yosys and nextpnr reports, to build/area'

build:
	@cmake --preset $(PRESET) > $(BUILD)-configure.log 2>&1 || { cat $(BUILD)-configure.log; exit 1; }
	@ninja -C $(BUILD) -j $(JOBS) --quiet $(TARGETS)

run:
	@scripts/setup.sh
	@mkdir -p build
	@$(MAKE) --no-print-directory build TARGETS=exact8
	@scripts/build_rtl.sh CONFIG=b512
	@scripts/build_rtl.sh CONFIG=b4096
	@/usr/bin/python3 scripts/main_job.py --exact8 $(BUILD)/host/exact8 --out build/run

test:
	@scripts/setup.sh --test
	@mkdir -p build
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory rtl-all
	@/usr/bin/python3 scripts/run_tests.py --build $(BUILD) --jobs $(JOBS)

test-long:
	@scripts/setup.sh --test
	@mkdir -p build
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory rtl-all
	@EXACT8_LONG=1 /usr/bin/python3 scripts/run_tests.py --build $(BUILD) --jobs $(JOBS)

rtl:
	@scripts/build_rtl.sh $(foreach v,CONFIG LANES V FEATURE WEIGHT PARAM DRAIN AXI MUL DOUBLE TABLES RTL_DIR OUT TRACE,$(if $($(v)),$(v)=$($(v))))

rtl-all:
	@for c in $(CONFIGS); do scripts/build_rtl.sh CONFIG=$$c || exit $$?; done
	@scripts/build_rtl.sh LANES=3 V=4 FEATURE=1024 WEIGHT=256 PARAM=64 DRAIN=2 AXI=64 MUL=24
	@scripts/build_rtl.sh CONFIG=tiny TRACE=1

mutants:
	@scripts/setup.sh --test
	@mkdir -p build
	@$(MAKE) --no-print-directory build TARGETS=test_cosim
	@/usr/bin/python3 tests/mutants/run.py --tests $(BUILD)/tests/test_cosim

bench:
	@scripts/setup.sh --test
	@mkdir -p build
	@$(MAKE) --no-print-directory build TARGETS=exact8_bench
	@$(MAKE) --no-print-directory rtl-all
	@/usr/bin/python3 scripts/bench.py --bench $(BUILD)/tests/exact8_bench --out build/bench

area:
	@scripts/setup.sh --test
	@scripts/area.sh

clean:
	rm -rf build
