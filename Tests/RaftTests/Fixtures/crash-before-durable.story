# What a crash takes from a disk was never told to anybody: the vote was not sent, and the member may
# vote again.
cluster 1 2 3
slow 1
quietly stand 2
quietly deliver 2->1
quietly deliver 1->2
quietly deliver 3->2
deliver 2->1
----
1 follows nobody in term 1
1 writes term 1 vote 2

show 1
----
1 is follower in term 1, voted for 2, leader unknown, last 0@0, durable 0, commit 0
  members 1 2 3
  disk no entries

crash 1
start 1
----
1 follows nobody in term 0

show 1
----
1 is follower in term 0, voted for nobody, leader unknown, last 0@0, durable 0, commit 0
  members 1 2 3
  disk no entries
