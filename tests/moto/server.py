"""moto's server with answers for what every read of a directory asks and moto 5.2.5 does not know.

Arguments are moto_server's. Each answer is what AWS gives for a directory on which the feature was never used; nothing
here keeps state, so that whatever a test shows of state is moto's own.
"""

import json
import sys

from moto.ds.responses import DirectoryServiceResponse
from moto.server import main


def describe_directory_data_access(_self):
    return json.dumps({"DataAccessStatus": "Disabled"})


def describe_domain_controllers(_self):
    return json.dumps({"DomainControllers": []})


for answer in (describe_directory_data_access, describe_domain_controllers):
    name = answer.__name__
    if hasattr(DirectoryServiceResponse, name):
        sys.exit(f"moto knows {name} by now: remove it here")
    setattr(DirectoryServiceResponse, name, answer)

if __name__ == "__main__":
    main()
