"""`python -m hubdrives.gateway`: the gateway with the configuration that $HUBDRIVES_CONFIG names."""

import sys

from hubdrives import config
from hubdrives.errors import HubdrivesError
from hubdrives.gateway.run import run

try:
    run(config.load())
except HubdrivesError as error:
    sys.exit(f"{error} {error.hint}")
