# A follower that was away while the log was cut needs a snapshot. Heartbeats go on meanwhile, and no
# entries are sent. Once it is installed, the rest of the log follows.
limit memory 1
cluster 1 2 3
quietly stand 1
quietly settle
crash 3
close 1-3
close 2-3
----
nothing

quietly drop
propose 1 a b c
quietly settle
cut 1 through 3
----
1 writes 2@1 a; 3@1 b; 4@1 c
1->2 in term 1: append after 1@1 2@1 a; 3@1 b; 4@1 c, commit 1

start 3
open 1-3
open 2-3
----
3 follows nobody in term 1
1->3 in term 1: append after 4@1, commit 4, answer

settle
----
3 follows 1 in term 1
3->1 in term 1: no such 4, try 1@1
1 wants a snapshot for 3

show 1
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1 2 3
  disk after 3@1: 4@1 c
  2: match 4, next 5, replicating, under way []
  3: match 1, next 2, needs a snapshot

time 30
----
1->2 in term 1: heartbeat 2, match 4, commit 4
1->3 in term 1: heartbeat 2, match 1, commit 1

settle
----
2->1 in term 1: heard 2, have 4, durable 4
3->1 in term 1: heard 2, have 0, durable 0

install 3 from 1
----
3 follows nobody in term 1
1->3 in term 1: append after 3@1 4@1 c, commit 4, answer

settle
----
3 follows 1 in term 1
3 writes 4@1 c
3->1 in term 1: have 4, durable 3
3->1 in term 1: have 4, durable 4
3 applies 4@1 c

show
----
1 is leader in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1 2 3
  disk after 3@1: 4@1 c
  2: match 4, next 5, replicating, under way []
  3: match 4, next 5, replicating, under way []
2 is follower in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1 2 3
  disk 1@1; 2@1 a; 3@1 b; 4@1 c
3 is follower in term 1, voted for 1, leader 1, last 4@1, durable 4, commit 4
  members 1 2 3
  disk after 3@1: 4@1 c
