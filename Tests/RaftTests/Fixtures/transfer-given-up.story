# The one that should take over is silent: after an election timeout the leader goes on.
cluster 1 2 3
quietly stand 1
quietly settle
transfer 1 to 3
----
1->3 in term 1: stand at once

drop 1->3
----
1 lost

propose 1 a
----
1 refuses a: transferring

quietly time 30
quietly deliver 1->2
quietly deliver 2->1
quietly time 60
quietly deliver 1->2
quietly deliver 2->1
quietly time 60
quietly deliver 1->2
quietly deliver 2->1
time 10
----
nothing

quietly drop
propose 1 b
----
1 writes 2@1 b
1->2 in term 1: append after 1@1 2@1 b, commit 1
1->3 in term 1: append after 1@1 2@1 b, commit 1
