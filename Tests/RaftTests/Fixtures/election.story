# A member that hears no leader first asks whether it would be elected. Only then does it enter the
# next term; its vote for itself and the votes of the others are written before they are told.
cluster 1 2 3
stand 1
----
1 asks around in term 0
1->2 in term 0: would you vote for me in term 1? log 0@0
1->3 in term 0: would you vote for me in term 1? log 0@0

deliver
----
2->1 in term 0: in term 1: yes
3->1 in term 0: in term 1: yes

deliver
----
1 stands in term 1
1 writes term 1 vote 1
1->2 in term 1: vote for me, log 0@0
1->3 in term 1: vote for me, log 0@0

deliver
----
2 follows nobody in term 1
2 writes term 1 vote 1
2->1 in term 1: yes
3 follows nobody in term 1
3 writes term 1 vote 1
3->1 in term 1: yes

# The first vote makes a majority. The new leader begins its term with an entry of its own.
deliver 2->1
----
1 leads in term 1
1 writes 1@1
1->2 in term 1: heartbeat 1, match 0, commit 0
1->3 in term 1: heartbeat 1, match 0, commit 0
1->2 in term 1: append after 0@0 1@1, commit 0, answer
1->3 in term 1: append after 0@0 1@1, commit 0, answer

deliver 3->1
----
nothing

settle
----
2 follows 1 in term 1
2->1 in term 1: heard 1, have 0, durable 0
3 follows 1 in term 1
3->1 in term 1: heard 1, have 0, durable 0
2 writes 1@1
2->1 in term 1: have 1, durable 0
2->1 in term 1: have 1, durable 1
3 writes 1@1
3->1 in term 1: have 1, durable 0
3->1 in term 1: have 1, durable 1
1->2 in term 1: append after 1@1, commit 1
1 applies 1@1
1->3 in term 1: append after 1@1, commit 1
2 applies 1@1
3 applies 1@1

show
----
1 is leader in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
  2: match 1, next 2, replicating, under way []
  3: match 1, next 2, replicating, under way []
2 is follower in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
3 is follower in term 1, voted for 1, leader 1, last 1@1, durable 1, commit 1
  members 1 2 3
  disk 1@1
