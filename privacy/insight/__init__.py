"""Insight: all that one side keeps of one stay, as its controller hands it to the resident.

There are two controllers, the home's organisation and the team's region, and each answers for its own. So a side's
account holds its own texts and, where the sharing policy lets it see them now, what the two decided in common; the
other side's texts are never in it. `tests/privacy/test_insight.py` fails for a table of a stay that is neither read
here nor named in LEFT_OUT.

One file a subject: what is kept of it, and how it is read. `account` puts them together, `paper` writes them out.
"""

from privacy.insight.account import LEFT_OUT as LEFT_OUT
from privacy.insight.account import Insight as Insight
from privacy.insight.account import gather as gather
from privacy.insight.source import StayAccount as StayAccount
from privacy.insight.source import stay_account as stay_account
from privacy.insight.source import stay_accounts as stay_accounts
