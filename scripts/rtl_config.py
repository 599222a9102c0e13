"""Parameters of exact8_core and exact8_top for the named configurations of emu/isa/configs.def."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROW = re.compile(r'^CONFIG\((\w+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+), (\d+), "', re.M)


def configurations():
    """{name: {Verilog parameter: value}} in the order of the list."""
    with open(os.path.join(ROOT, "emu/isa/configs.def"), encoding="utf-8") as f:
        rows = ROW.findall(f.read())
    if not rows:
        raise ValueError("emu/isa/configs.def: no CONFIG row found")
    result = {}
    for name, *values in rows:
        lanes, v, feature, weight, param, drain, axi, mul, double, tables, small = map(int, values)
        result[name] = {
            "LANES": lanes, "V": v, "FEATURE_LOG2": feature.bit_length() - 1, "WEIGHT_LOG2": weight.bit_length() - 1,
            "PARAM_LOG2": param.bit_length() - 1, "DRAIN": drain, "AXI_BYTES": axi, "MUL_BITS": mul,
            "DOUBLE_ROUND": double, "TABLES": tables, "SMALL": small,
        }
    return result
