# The leader's process dies: its links close, which ends its lease at once. The followers stand one
# after the other, without waiting for the timeout.
cluster 1 2 3
quietly stand 1
quietly settle
crash 1
close 1-2
----
2 asks around in term 1
2->1 in term 1: would you vote for me in term 2? log 1@1
2->3 in term 1: would you vote for me in term 2? log 1@1

# 3 has not noticed yet, and refuses for its lease.
deliver 2->3
----
3->2 in term 1: in term 2: no, a leader is alive

# Now it has; the refused one is answered anew.
close 1-3
----
3 follows nobody in term 1
3->2 in term 1: in term 2: yes

settle
----
2 stands in term 2
2 writes term 2 vote 2
2->1 in term 2: vote for me, log 1@1
2->3 in term 2: vote for me, log 1@1
3 follows nobody in term 2
3 writes term 2 vote 2
3->2 in term 2: yes
2 leads in term 2
2 writes 2@2
2->1 in term 2: heartbeat 1, match 0, commit 0
2->3 in term 2: heartbeat 1, match 0, commit 0
2->1 in term 2: append after 1@1 2@2, commit 1, answer
2->3 in term 2: append after 1@1 2@2, commit 1, answer
3 follows 2 in term 2
3->2 in term 2: heard 1, have 1, durable 1
3 writes 2@2
3->2 in term 2: have 2, durable 1
3->2 in term 2: have 2, durable 2
2->3 in term 2: append after 2@2, commit 2
2 applies 2@2
3 applies 2@2

show
----
1 is down
2 is leader in term 2, voted for 2, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
  1: match 0, next 2, probing, asked
  3: match 2, next 3, replicating, under way []
3 is follower in term 2, voted for 2, leader 2, last 2@2, durable 2, commit 2
  members 1 2 3
  disk 1@1; 2@2
