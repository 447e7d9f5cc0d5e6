"""Where a person may be: the states, districts and territories of the USPS, and everywhere else.

Intake asks for it, and the scheduler asks again at each booking (L43); the codes are one list.
"""

from typing import Final, NamedTuple


class Location(NamedTuple):
    """A code that is kept, and the name that people read."""

    code: str
    name: str


_STATES: Final = (
    "AL Alabama|AK Alaska|AS American Samoa|AZ Arizona|AR Arkansas|CA California|CO Colorado|"
    "CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|GA Georgia|GU Guam|HI Hawaii|"
    "ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|"
    "MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|"
    "NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|MP Northern Mariana Islands|OH Ohio|OK Oklahoma|OR Oregon|"
    "PA Pennsylvania|PR Puerto Rico|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|"
    "TX Texas|VI US Virgin Islands|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming"
)

STATES: Final = tuple(
    Location(code, name) for code, _, name in (entry.partition(" ") for entry in _STATES.split("|"))
)
OUTSIDE_US: Final = Location("outside_us", "Outside the US")
LOCATIONS: Final = (*STATES, OUTSIDE_US)
NAMES: Final = dict(LOCATIONS)
