# A new leader may not know what is committed: a read waits for its first own entry.
disk 1 term 1 log 1 1
disk 2 term 1 log 1 1
disk 3 term 1 log 1 1
cluster 1 2 3
quietly stand 1
quietly deliver
quietly deliver
quietly deliver
deliver 2->1
----
1 leads in term 2
1 writes 3@2
1->2 in term 2: heartbeat 1, match 0, commit 0
1->3 in term 2: heartbeat 1, match 0, commit 0
1->2 in term 2: append after 2@1 3@2, commit 0, answer
1->3 in term 2: append after 2@1 3@2, commit 0, answer

read 1 1
----
nothing

settle
----
2 follows 1 in term 2
2->1 in term 2: heard 1, have 0, durable 0
3 follows 1 in term 2
3->1 in term 2: heard 1, have 0, durable 0
2 writes 3@2
2->1 in term 2: have 3, durable 2
2->1 in term 2: have 3, durable 3
3 writes 3@2
3->1 in term 2: have 3, durable 2
3->1 in term 2: have 3, durable 3
1->2 in term 2: heartbeat 2, match 3, commit 3
1->3 in term 2: heartbeat 2, match 0, commit 0
1->2 in term 2: append after 3@2, commit 3
1 applies 1@1 old1; 2@1 old2; 3@2
1->3 in term 2: append after 3@2, commit 3
2->1 in term 2: heard 2, have 3, durable 3
2 applies 1@1 old1; 2@1 old2; 3@2
3->1 in term 2: heard 2, have 3, durable 3
3 applies 1@1 old1; 2@1 old2; 3@2
1 may serve read 1 at 3
