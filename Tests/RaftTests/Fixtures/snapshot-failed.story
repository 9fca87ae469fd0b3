# A snapshot that could not be sent leaves nobody stuck: the leader probes, and asks for another one
# after a pause.
limit memory 1
cluster 1 2 3
quietly stand 1
quietly settle
crash 3
close 1-3
quietly propose 1 a b c
quietly settle
quietly cut 1 through 3
start 3
open 1-3
----
3 follows nobody in term 1
1->3 in term 1: append after 4@1, commit 4, answer

settle
----
3 follows 1 in term 1
3->1 in term 1: no such 4, try 1@1
1 wants a snapshot for 3

failed 3 at 1
----
1->3 in term 1: append after 4@1, commit 4, answer

settle
----
3->1 in term 1: no such 4, try 1@1

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1 2 3
  disk after 3@1: 4@1 c
  2: match 4, next 5, replicating, under way []
  3: match 1, next 2, probing
