"""Device selection, and the memory of devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.devices.advice import advise, find_fault, find_hardware
    from brushwork.devices.malloc import keep_memory, keep_small_blocks
    from brushwork.devices.memory import available_memory
    from brushwork.devices.select import describe_device, describe_device_choice, select_device, torch_build
    from brushwork.devices.shortage import least_limit
    from brushwork.devices.threads import number_of_threads, set_threads
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "advise",
    "available_memory",
    "describe_device",
    "describe_device_choice",
    "find_fault",
    "find_hardware",
    "keep_memory",
    "keep_small_blocks",
    "least_limit",
    "number_of_threads",
    "select_device",
    "set_threads",
    "torch_build",
]
