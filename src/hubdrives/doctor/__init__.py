"""Names what is wrong with a hub's connections, its gateway and its logins, and how to mend it. It only asks.

`examine` looks from here; what only the gateway can see, the gateway finds with `for_user`.
"""

from hubdrives.doctor.connections import for_user
from hubdrives.doctor.examine import examine
from hubdrives.doctor.findings import Code, Finding
from hubdrives.doctor.seat import Patience, Seat

__all__ = ["Code", "Finding", "Patience", "Seat", "examine", "for_user"]
