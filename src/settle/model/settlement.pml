/* Settlement in two rounds, recovery of a note, epoch close: the rules of docs/spec/settlement.md on four validators of
 * equal stake, one of them Byzantine. README.md beside this file says what is abstracted and why that is sound.
 *
 * Parameters (-D): GA, GB   highest generation of note a (0..2), of note b (0..1): how many recoveries of each
 *                  CLOSE    an epoch close
 *                  NEXT     payments in the epoch after it
 *                  NO_NEW   nobody pays with note a once it was recovered GA times
 *                  SPLIT    writes are pending before they are durable; crashes lose them
 *                  RESTORE  one validator may come back without its locks, and abstains
 *                  BUNDLE   an ordered bundle of two owners that spends a and b
 *                  VOTE_WHILE_FROZEN  allowed: a vote is in no report
 *                  MONEY_ONLY  do not look for honest validators that evidence convicts: mutants break that first
 *                  MUTANT_x a rule broken on purpose: the search must find an error
 */
#ifndef GA
#define GA 1
#endif
#ifndef GB
#define GB 0
#endif

/* --- Transactions: a set is a mask. Index of {a@g} is g, of {b@h} is 3 + h, of {a@g, b@h} is 5 + g + 3h. --- */
#define BIT(t)       (1 << (t))
#define A_BUNDLE     BIT(11)
#define TOUCH_A      (2023 | A_BUNDLE)                       /* 0..2, 5..10 */
#define TOUCH_B      (2040 | A_BUNDLE)                       /* 3..10 */
#define A_GEN(g)     ((g) == 3 -> 0 : 289 << (g))            /* 0, 5, 8 moved by g */
#define B_GEN(h)     ((h) == 0 -> 232 : ((h) == 1 -> 1808 : 0))  /* 3, 5, 6, 7 or 4, 8, 9, 10 */
#define A_BELOW(g)   ((g) == 0 -> 0 : ((g) == 1 -> 289 : ((g) == 2 -> 867 : 2023)))  /* name an older generation */
#define B_BELOW(h)   ((h) == 0 -> 0 : ((h) == 1 -> 232 : 2040))
#define OLDER_A      867                                     /* those whose next index names a one generation later */
#define HOLDS(property, x) assert((x) || (property == 0))      /* run.py tells by the number which one broke */
#define LOST          1                                      /* a settled payment can no longer execute */
#define LOST_AT_CLOSE 2                                      /* it did not execute by the close */
#define CONFLICT      3                                      /* two settled or executed transactions share a note */
#define TWO_REPORTED  4                                      /* two executable certificates for one note */
#define STALE_LOCK    5                                      /* an outdated transaction still holds a lock */
#define CONVICTED     6                                      /* evidence against an honest validator */
#define STUCK         7                                      /* an owner whose note nobody will lock for a new payment */
#define ONE(set)     (((set) & ((set) - 1)) == 0)            /* at most one element */
#define CONFLICTS(t) ((((BIT(t) & TOUCH_A) -> TOUCH_A : 0) | ((BIT(t) & TOUCH_B) -> TOUCH_B : 0)) & ~BIT(t))

/* --- What the ordered log has made of the notes: a view, one short --- */
#define SA(w)        ((w) & 1)                               /* a is spent */
#define SB(w)        (((w) >> 1) & 1)
#define FA(w)        (((w) >> 2) & 1)                        /* a is frozen: its recovery is undecided */
#define FB(w)        (((w) >> 3) & 1)
#define CLOSING(w)   (((w) >> 4) & 1)                        /* everything is frozen */
#define EPOCH(w)     (((w) >> 5) & 1)
#define BN(w)        (((w) >> 6) & 1)                        /* a bundle over a and b waits for reports */
#define GEN_A(w)     (((w) >> 7) & 3)
#define GEN_B(w)     (((w) >> 9) & 3)
#define FREEZES      (4 | 8 | 16 | 64)

#define CURRENT(w)   ((~TOUCH_A | A_GEN(GEN_A(w))) & (~TOUCH_B | B_GEN(GEN_B(w))))
#define UNSPENT(w)   (~((SA(w) -> TOUCH_A : 0) | (SB(w) -> TOUCH_B : 0)))
#define UNFROZEN(w)  (CLOSING(w) -> 0 : ~((FA(w) -> TOUCH_A : 0) | (FB(w) -> TOUCH_B : 0)))
#define LIVE(w)      (CURRENT(w) & UNSPENT(w))               /* what may execute */
#define OUTDATED(w)  (A_BELOW(GEN_A(w)) | B_BELOW(GEN_B(w)))

/* --- State. hist: the views of the ordered log from the slowest honest validator's to the newest. --- */
#define DEPTH 9
short hist[DEPTH];
byte  newest;
short executed;
/* Three honest validators, kept sorted: they are alike. The fourth signs and reports whatever helps the adversary. */
byte  pos[3];                                                /* in hist: how far each has executed the log */
short voted[3];                                              /* of epoch 0: votes signed */
short locked[3];                                             /* locks held */
short acked[3];                                              /* acknowledgements signed; certificates stored */
#ifdef SPLIT
byte  pending[3];                                            /* 0, or 1 + t: lock, or 17 + t: certificate being written */
#endif
#ifdef RESTORE
bit   restored[3];
#define RESTORED(v)  restored[v]
#else
#define RESTORED(v)  0
#endif
#ifdef NEXT
short voted1[3];                                             /* of epoch 1 */
#endif
#ifdef MUTANT_ACK_THEN_PERSIST
short stored[3];
#endif
#ifdef MUTANT_REPLAYED_REPORTS
bit   reported[3];                                           /* in the first recovery */
#endif

#define HEAD         hist[newest]
#define VIEW(v)      hist[pos[v]]
#define QUORUM(x)    ((x[0] & x[1]) | (x[0] & x[2]) | (x[1] & x[2]))  /* two honest and the Byzantine one: three of four */

/* --- Certificates exist as soon as their signatures do; whoever wants one has it. --- */
#ifdef MUTANT_OLD_AND_NEW_VOTES
#define WITH_NEXT(s) ((s) | (((s) & OLDER_A) << 1))
#define COUNTED(v)   WITH_NEXT(WITH_NEXT(voted[v]))
#define CERTIFIED    ((COUNTED(0) & COUNTED(1)) | (COUNTED(0) & COUNTED(2)) | (COUNTED(1) & COUNTED(2)))
#else
#define CERTIFIED    QUORUM(voted)
#endif
#ifdef MUTANT_ONE_ROUND
#define SETTLED      CERTIFIED
#else
#define SETTLED      QUORUM(acked)
#endif

/* --- Rules of an honest validator --- */
#ifdef MUTANT_AMNESIAC_VOTES
#define SILENT(v)    0
#else
#define SILENT(v)    RESTORED(v)
#endif
#ifdef VOTE_WHILE_FROZEN
#define VOTABLE(w)   LIVE(w)
#else
#define VOTABLE(w)   (LIVE(w) & UNFROZEN(w))
#endif
#define MAY_VOTE(v, t) (EPOCH(VIEW(v)) == 0 && !SILENT(v) && (VOTABLE(VIEW(v)) & BIT(t)) && \
                        !(locked[v] & CONFLICTS(t)))
#ifdef MUTANT_ACK_WHILE_FROZEN
#define ACKABLE(w)   LIVE(w)
#elif defined(MUTANT_ACK_OUTDATED)
#define ACKABLE(w)   (UNSPENT(w) & UNFROZEN(w))
#else
#define ACKABLE(w)   (LIVE(w) & UNFROZEN(w))
#endif
#define MAY_ACK(v, t)  (EPOCH(VIEW(v)) == 0 && !RESTORED(v) && (ACKABLE(VIEW(v)) & BIT(t)))

/* What a validator's report lists. */
#ifdef MUTANT_AMNESIAC_REPORTS
#define LISTED(v)    (RESTORED(v) -> 0 : acked[v])
#elif defined(MUTANT_ACK_THEN_PERSIST)
#define LISTED(v)    stored[v]
#elif defined(MUTANT_REPORT_OWN_LOCKS_ONLY)
#define LISTED(v)    (acked[v] & locked[v])
#else
#define LISTED(v)    acked[v]
#endif
/* Who can have reported: its freeze is durable, for this generation, and no certificate is on its way to its disk. */
#if defined(SPLIT) && !defined(MUTANT_REPORT_BEFORE_WRITES_END)
#define IDLE(v)      (pending[v] < 17)
#else
#define IDLE(v)      1
#endif
#ifdef MUTANT_REPORT_BEFORE_FREEZE
#define FROZE_A(v)   (EPOCH(VIEW(v)) == 0)
#elif defined(MUTANT_REPLAYED_REPORTS)
#define FROZE_A(v)   (reported[v] || (FA(VIEW(v)) && GEN_A(VIEW(v)) == GEN_A(HEAD)))
#else
#define FROZE_A(v)   (FA(VIEW(v)) && GEN_A(VIEW(v)) == GEN_A(HEAD) && IDLE(v))
#endif
#define FROZE_B(v)   (FB(VIEW(v)) && GEN_B(VIEW(v)) == GEN_B(HEAD) && IDLE(v))
#define FROZE_BN(v)  (BN(VIEW(v)) && IDLE(v))
#define FROZE_ALL(v) (CLOSING(VIEW(v)) && IDLE(v))

#define QUIET       (EPOCH(HEAD) == 0 && !CLOSING(HEAD))

/* --- The ordered log --- */
hidden short x, y, z, w;                                     /* scratch, used within one step */
hidden byte  i, j;

inline append(view) {
  newest++;
  assert(newest < DEPTH);
  hist[newest] = view;
}
/* Executes a set without conflicts; w = the newest view, to be appended. What a spend makes moot is thawed. */
inline spend(set) {
  executed = executed | (set);
  if :: ((set) & TOUCH_A) -> w = (w | 1) & ~4 :: else fi;
  if :: ((set) & TOUCH_B) -> w = (w | 2) & ~8 :: else fi
}

#ifdef MUTANT_EXECUTE_OUTDATED
#define EXECUTABLE   (CERTIFIED & UNSPENT(HEAD))
#else
#define EXECUTABLE   (CERTIFIED & LIVE(HEAD))
#endif
#ifdef MUTANT_OLD_EPOCH_CERTIFICATES
#define IN_EPOCH_0   1
#else
#define IN_EPOCH_0   (EPOCH(HEAD) == 0)
#endif
inline execute(t) { w = HEAD; spend(BIT(t)); append(w); }

/* The recovery of one note is decided by the reports of p, q and one more, which can add only certificates that could
 * as well have been ordered just before. */
inline decide(p, q, touch, frozen, raise) {
  printf("recovery decided by the reports of %d and %d\n", p, q);
  w = HEAD;
  x = (LISTED(p) | LISTED(q)) & touch & LIVE(w);
#ifdef MUTANT_EXECUTE_UNCERTIFIED
  if :: (x == 0) -> x = (locked[p] | locked[q]) & touch & LIVE(w); x = x & -x :: else fi;
#endif
  HOLDS(TWO_REPORTED, ONE(x & TOUCH_A) && ONE(x & TOUCH_B));
#ifdef MUTANT_REPLAYED_REPORTS
  if :: (FA(VIEW(p)) == 0) -> x = acked[q] & touch & LIVE(w) :: else fi;
  if :: (FA(VIEW(q)) == 0) -> x = acked[p] & touch & LIVE(w) :: else fi;
  reported[p] = 1; reported[q] = 1;
#endif
#ifdef MUTANT_RISE_ONLY_IF_NONE_REPORTED
  y = (LISTED(p) | LISTED(q)) & touch;
#else
  y = x;
#endif
  if
  :: (x) -> spend(x)
  :: else ->
     w = w & ~frozen;
     if :: (y == 0) -> w = w + raise :: else fi;
#ifdef MUTANT_RISE_BOTH
     w = w | (1 << 9);
#endif
  fi;
  append(w);
}
inline decide_bundle(p, q) {
  printf("bundle decided by the reports of %d and %d\n", p, q);
  w = HEAD;
  x = (LISTED(p) | LISTED(q)) & LIVE(w);
  HOLDS(TWO_REPORTED, ONE(x & TOUCH_A) && ONE(x & TOUCH_B));
  if :: (x) -> spend(x) :: else fi;
  if
  :: !SA(w) && !SB(w) -> spend(A_BUNDLE)
  :: else ->                                                 /* it cannot execute; what it froze is decided like a recovery */
#ifdef MUTANT_BUNDLE_THAWS
     w = w & ~(4 | 8)
#else
     if :: FA(w) -> w = (w & ~4) + 128 :: else fi;
     if :: FB(w) -> w = (w & ~8) + 512 :: else fi
#endif
  fi;
  append(w & ~64);
}
inline close(p, q) {
  printf("epoch closed by the reports of %d and %d\n", p, q);
  w = HEAD;
#ifndef MUTANT_CLOSE_WITHOUT_REPORTS
  x = (LISTED(p) | LISTED(q)) & LIVE(w);
  HOLDS(TWO_REPORTED, ONE(x & TOUCH_A) && ONE(x & TOUCH_B));
  spend(x);
#endif
  append((w & ~FREEZES) | 32);
}
#ifdef MUTANT_KEEP_LOCKS
#define RELEASED(set, view) (set)
#elif defined(MUTANT_RELEASE_BY_ONE_NOTE)
#define RELEASED(set, view) ((set) & (~TOUCH_A | TOUCH_B | A_GEN(GEN_A(view))))
#else
#define RELEASED(set, view) ((set) & CURRENT(view))
#endif
/* The next entry of the log, executed and durable. */
inline advance(v) {
  printf("%d executes the next entry of the log\n", v);
  pos[v]++;
  locked[v] = RELEASED(locked[v], VIEW(v));
#ifdef CLOSE
  if
  :: EPOCH(VIEW(v)) == 1 ->
     locked[v] = 0;
#ifdef SPLIT
     pending[v] = 0;
#endif
#ifdef RESTORE
     restored[v] = 0;
#endif
  :: else
  fi;
#endif
}

/* --- One representative of all states that differ by the names of honest validators; no history nobody needs --- */
#define SWAP(s, p, q) x = s[p]; s[p] = s[q]; s[q] = x
#ifdef SPLIT
#define PENDING(v) pending[v]
#define SWAP_PENDING(p, q) SWAP(pending, p, q)
#else
#define PENDING(v) 0
#define SWAP_PENDING(p, q) skip
#endif
#ifdef RESTORE
#define SWAP_RESTORED(p, q) SWAP(restored, p, q)
#else
#define SWAP_RESTORED(p, q) skip
#endif
#ifdef NEXT
#define KEY1(v) voted1[v]
#define SWAP_EPOCH1(p, q) SWAP(voted1, p, q)
#else
#define KEY1(v) 0
#define SWAP_EPOCH1(p, q) skip
#endif
#define KEY0(v) (voted[v] + 4096 * acked[v])
#define KEY2(v) (locked[v] + 4096 * PENDING(v) + 524288 * RESTORED(v))
#define AFTER(p, q) (pos[p] > pos[q] || (pos[p] == pos[q] && (KEY0(p) > KEY0(q) || (KEY0(p) == KEY0(q) && \
                    (KEY1(p) > KEY1(q) || (KEY1(p) == KEY1(q) && KEY2(p) > KEY2(q)))))))
inline order(p, q) {
  if
  :: AFTER(p, q) ->
     SWAP(pos, p, q); SWAP(voted, p, q); SWAP(locked, p, q); SWAP(acked, p, q);
     SWAP_PENDING(p, q); SWAP_RESTORED(p, q); SWAP_EPOCH1(p, q);
#ifdef MUTANT_ACK_THEN_PERSIST
     SWAP(stored, p, q);
#endif
#ifdef MUTANT_REPLAYED_REPORTS
     SWAP(reported, p, q);
#endif
  :: else
  fi
}
inline tidy() {
  order(0, 1); order(1, 2); order(0, 1);
  if
  :: pos[0] > 0 ->
     x = pos[0];
     i = 0;
     do
     :: i + x <= newest -> hist[i] = hist[i + x]; i++
     :: i + x > newest && i <= newest -> hist[i] = 0; i++
     :: i > newest -> break
     od;
     newest = newest - x;
     pos[0] = 0; pos[1] = pos[1] - x; pos[2] = pos[2] - x;
  :: else
  fi;
#if !defined(MUTANT_EXECUTE_OUTDATED) && !defined(MUTANT_OLD_AND_NEW_VOTES) && !defined(MUTANT_ACK_OUTDATED) && !defined(MUTANT_EVIDENCE_OF_COMMON_NOTE) && !defined(MUTANT_OLD_EPOCH_CERTIFICATES) && !defined(MUTANT_ONE_ROUND)
  /* Signatures about what is outdated or spent in the slowest view change nothing any more. */
  x = OUTDATED(VIEW(0));
  y = x | ~UNSPENT(VIEW(0));
  x = x | (SA(VIEW(0)) && SB(VIEW(0)) -> ~0 : ((SA(VIEW(0)) -> TOUCH_A & ~TOUCH_B : 0) | (SB(VIEW(0)) -> TOUCH_B & ~TOUCH_A : 0)));
  i = 0;
  do :: i < 3 -> voted[i] = voted[i] & ~x; locked[i] = locked[i] & ~x; acked[i] = acked[i] & ~y; i++ :: i == 3 -> break od;
#endif
#if defined(CLOSE) && !defined(MUTANT_OLD_EPOCH_CERTIFICATES)
  /* All honest validators have left epoch 0: nothing of it is accepted anywhere, nothing is added to it. */
  if
  :: EPOCH(VIEW(0)) == 1 -> i = 0; do :: i < 3 -> voted[i] = 0; acked[i] = 0; i++ :: i == 3 -> break od
  :: else
  fi;
#endif
  i = 0; x = 0; y = 0; z = 0; w = 0;
}

/* --- What must hold in every state --- */
/* If everybody behaved from here on and the owner recovered that note, could they pay again? */
inline payable(touch, raise) {
  w = HEAD;
  if
  :: EPOCH(w) == 0 && !CLOSING(w) && !BN(w) && (UNSPENT(w) & touch) && !RESTORED(0) && !RESTORED(1) && !RESTORED(2) ->
     x = (LISTED(0) | LISTED(1) | LISTED(2)) & touch;
     if
     :: x & LIVE(w)                                          /* it executes: paid */
     :: else ->
#ifdef MUTANT_RISE_ONLY_IF_NONE_REPORTED
        if :: (x == 0) -> w = w + raise :: else fi;
#else
        w = w + raise;
#endif
        i = 0;
        do
        :: i < 3 -> HOLDS(STUCK, (RELEASED(locked[i], w) & touch) == 0); i++
        :: i == 3 -> break
        od
     fi
  :: else
  fi
}
inline check() {
  /* Not properties: things that must be reachable, or the search proves little. */
#ifdef WITNESS_PAID_AFTER_RECOVERY
  assert(!(SETTLED & (2 | 64)));                             /* a@1, alone or with b */
#endif
#ifdef WITNESS_REPORTED_EXECUTES
  assert(!(FA(HEAD) && QUIET && FROZE_A(1) && FROZE_A(2) && ((acked[1] | acked[2]) & TOUCH_A & LIVE(HEAD))));
#endif
#ifdef WITNESS_CERTIFICATE_DIES
  assert(!(CERTIFIED & OUTDATED(HEAD)));
#endif
#ifdef WITNESS_ACKNOWLEDGED_AGAINST_OWN_LOCK
  assert(!(acked[2] & ~locked[2] & 1) || !(locked[2] & 32) || !(SETTLED & 1));
#endif
#ifdef WITNESS_PAID_IN_NEXT_EPOCH
  assert(!QUORUM(voted1));
#endif
#ifdef WITNESS_CLOSE_EXECUTES
  assert(!(CLOSING(HEAD) && FROZE_ALL(1) && FROZE_ALL(2) && ((acked[1] | acked[2]) & 1) && ((acked[1] | acked[2]) & 8)));
#endif
#ifdef WITNESS_BUNDLE_EXECUTES
  assert(!(executed & A_BUNDLE));
#endif
#ifdef WITNESS_BUNDLE_LOSES
  assert(!(BN(HEAD) && FROZE_BN(1) && FROZE_BN(2) && (executed & TOUCH_B)));
#endif
  x = SETTLED;
  /* A settled payment has executed, or will whenever it is ordered; by the close at the latest. */
  HOLDS(LOST, (x & ~executed & ~LIVE(HEAD)) == 0);
  HOLDS(LOST_AT_CLOSE, EPOCH(HEAD) == 0 || (x & ~executed) == 0);
#ifdef NEXT
  y = QUORUM(voted1);                                        /* no recovery there: certified ones execute */
  HOLDS(LOST, (y & ~executed & ~LIVE(HEAD)) == 0);
  x = x | y;
#endif
  /* No two settled or executed transactions share a note. */
  x = x | executed;
  HOLDS(CONFLICT, ONE(x & TOUCH_A) && ONE(x & TOUCH_B));
  i = 0;
  do
  :: i < 3 ->
     /* A transaction that names an outdated generation holds no lock at all. */
     HOLDS(STALE_LOCK, EPOCH(VIEW(i)) == 1 || (locked[i] & ~CURRENT(VIEW(i))) == 0);
#ifndef MONEY_ONLY
     /* No honest validator is convicted of voting twice (S-61). */
#ifdef MUTANT_EVIDENCE_OF_COMMON_NOTE
     HOLDS(CONVICTED, ONE(voted[i] & A_GEN(GEN_A(HEAD))) && ONE(voted[i] & B_GEN(GEN_B(HEAD))));
#else
     x = voted[i] & CURRENT(HEAD);
     HOLDS(CONVICTED, EPOCH(HEAD) == 1 || (ONE(x & TOUCH_A) && ONE(x & TOUCH_B)));
#endif
#endif
     i++
  :: i == 3 -> break
  od;
  payable(TOUCH_A, 128);
  payable(TOUCH_B, 512);
  i = 0; x = 0; y = 0; w = 0;
}

/* --- What can happen --- */
#ifdef SPLIT
#ifdef MUTANT_SIGN_THEN_PERSIST
#define VOTE(v, t)  :: pending[v] == 0 && !(voted[v] & BIT(t)) && MAY_VOTE(v, t) -> \
                       printf("%d locks %d\n", v, t); pending[v] = 1 + t; voted[v] = voted[v] | BIT(t)
#else
#define VOTE(v, t)  :: pending[v] == 0 && !(voted[v] & BIT(t)) && MAY_VOTE(v, t) -> \
                       printf("%d locks %d\n", v, t); pending[v] = 1 + t
#endif
#ifdef MUTANT_ACK_THEN_PERSIST
#define ACK(v, t)   :: pending[v] == 0 && !(acked[v] & BIT(t)) && (CERTIFIED & BIT(t)) && MAY_ACK(v, t) -> \
                       printf("%d acknowledges %d, will store it\n", v, t); pending[v] = 17 + t; acked[v] = acked[v] | BIT(t)
#else
#define ACK(v, t)   :: pending[v] == 0 && !(acked[v] & BIT(t)) && (CERTIFIED & BIT(t)) && MAY_ACK(v, t) -> \
                       printf("%d stores the certificate of %d\n", v, t); pending[v] = 17 + t
#endif
inline sync(v) {
  i = pending[v];
  pending[v] = 0;
  if
  :: i < 17 ->
     i = i - 1;
     if :: MAY_VOTE(v, i) -> locked[v] = locked[v] | BIT(i); voted[v] = voted[v] | BIT(i) :: else fi
  :: else ->
     i = i - 17;
     if
     :: EPOCH(VIEW(v)) == 0 && !RESTORED(v) && (LIVE(VIEW(v)) & BIT(i)) ->  /* frozen or not: no report was made without it */
        acked[v] = acked[v] | BIT(i);
#ifdef MUTANT_ACK_THEN_PERSIST
        stored[v] = stored[v] | BIT(i);
#endif
     :: else
     fi
  fi
}
#define WRITES(v)   :: pending[v] -> d_step { printf("%d syncs\n", v); sync(v) } \
                    :: pending[v] -> printf("%d crashes\n", v); pending[v] = 0  /* a crash: what was not synced is gone */
#else
#define VOTE(v, t)  :: !(voted[v] & BIT(t)) && MAY_VOTE(v, t) -> \
                       printf("%d votes for %d\n", v, t); voted[v] = voted[v] | BIT(t); locked[v] = locked[v] | BIT(t)
#define ACK(v, t)   :: !(acked[v] & BIT(t)) && (CERTIFIED & BIT(t)) && MAY_ACK(v, t) -> \
                       printf("%d acknowledges %d\n", v, t); acked[v] = acked[v] | BIT(t)
#define WRITES(v)
#endif

#ifdef MUTANT_AMNESIAC_VOTES
#define FORGET(v) locked[v] = 0
#else
#define FORGET(v) skip
#endif
#ifdef RESTORE
#define AMNESIA(v)  :: EPOCH(VIEW(v)) == 0 && !restored[0] && !restored[1] && !restored[2] -> d_step { printf("%d is restored\n", v); restored[v] = 1; FORGET(v) }
#else
#define AMNESIA(v)
#endif

#define EXECUTE(t)  :: IN_EPOCH_0 && (EXECUTABLE & BIT(t)) -> d_step { printf("%d executes\n", t); execute(t) }

#ifdef NEXT
#define VOTE1(v, t) :: EPOCH(VIEW(v)) == 1 && !(voted1[v] & (BIT(t) | CONFLICTS(t))) && (LIVE(VIEW(v)) & BIT(t)) -> \
                       printf("%d votes for %d in epoch 1\n", v, t); voted1[v] = voted1[v] | BIT(t)
#define EXECUTE1(t) :: EPOCH(HEAD) == 1 && (QUORUM(voted1) & LIVE(HEAD) & BIT(t)) -> d_step { printf("%d executes\n", t); execute(t) }
#define IN_EPOCH_1(t) VOTE1(0, t) VOTE1(1, t) VOTE1(2, t) EXECUTE1(t)
#else
#define IN_EPOCH_1(t)
#endif

#define PAYMENT(t)  VOTE(0, t) VOTE(1, t) VOTE(2, t) ACK(0, t) ACK(1, t) ACK(2, t) EXECUTE(t) IN_EPOCH_1(t)
#define BUNDLE_FITS (QUIET && !SA(HEAD) && !SB(HEAD) && !FA(HEAD) && !FB(HEAD) && GEN_A(HEAD) <= GA && GEN_B(HEAD) <= GB)

#ifdef MUTANT_REPORT_QUORUM_LESS_ONE
#define DECIDE(frozen, froze, touch, bit, raise) \
  :: QUIET && frozen(HEAD) && !BN(HEAD) && froze(0) -> d_step { decide(0, 0, touch, bit, raise) } \
  :: QUIET && frozen(HEAD) && !BN(HEAD) && froze(1) -> d_step { decide(1, 1, touch, bit, raise) } \
  :: QUIET && frozen(HEAD) && !BN(HEAD) && froze(2) -> d_step { decide(2, 2, touch, bit, raise) }
#else
#define DECIDE(frozen, froze, touch, bit, raise) \
  :: QUIET && frozen(HEAD) && !BN(HEAD) && froze(0) && froze(1) -> d_step { decide(0, 1, touch, bit, raise) } \
  :: QUIET && frozen(HEAD) && !BN(HEAD) && froze(0) && froze(2) -> d_step { decide(0, 2, touch, bit, raise) } \
  :: QUIET && frozen(HEAD) && !BN(HEAD) && froze(1) && froze(2) -> d_step { decide(1, 2, touch, bit, raise) }
#endif

init {
  do
  :: atomic {
       if
       PAYMENT(0) PAYMENT(3) PAYMENT(5)
#if GA > 1 || (GA == 1 && !defined(NO_NEW))
       PAYMENT(1) PAYMENT(6)
#endif
#if GA > 1 && !defined(NO_NEW)
       PAYMENT(2) PAYMENT(7)
#endif
#if GB > 0
       PAYMENT(4) PAYMENT(8)
#endif
#if GA > 0 && GB > 0
       PAYMENT(9)
#endif
#if GA > 1 && GB > 0
       PAYMENT(10)
#endif
       WRITES(0) WRITES(1) WRITES(2)
       AMNESIA(0) AMNESIA(1) AMNESIA(2)
       :: pos[0] < newest -> d_step { advance(0) }
       :: pos[1] < newest -> d_step { advance(1) }
       :: pos[2] < newest -> d_step { advance(2) }
#if GA > 0
       :: QUIET && !SA(HEAD) && !FA(HEAD) && GEN_A(HEAD) < GA -> d_step { printf("recovery of a\n"); w = HEAD | 4; append(w) }
       DECIDE(FA, FROZE_A, TOUCH_A, 4, 128)
#endif
#if GB > 0
       :: QUIET && !SB(HEAD) && !FB(HEAD) && GEN_B(HEAD) < GB -> d_step { printf("recovery of b\n"); w = HEAD | 8; append(w) }
       DECIDE(FB, FROZE_B, TOUCH_B, 8, 512)
#endif
#ifdef BUNDLE
#ifdef MUTANT_BUNDLE_WITHOUT_REPORTS
       :: BUNDLE_FITS -> d_step { printf("bundle executes\n"); w = HEAD; spend(A_BUNDLE); append(w) }
#else
       :: BUNDLE_FITS -> d_step { printf("bundle\n"); w = HEAD | 4 | 8 | 64; append(w) }
#endif
       :: QUIET && BN(HEAD) && FROZE_BN(0) && FROZE_BN(1) -> d_step { decide_bundle(0, 1) }
       :: QUIET && BN(HEAD) && FROZE_BN(0) && FROZE_BN(2) -> d_step { decide_bundle(0, 2) }
       :: QUIET && BN(HEAD) && FROZE_BN(1) && FROZE_BN(2) -> d_step { decide_bundle(1, 2) }
#endif
#ifdef CLOSE
       :: QUIET -> d_step { printf("close\n"); w = HEAD | 16; append(w) }
#ifdef MUTANT_CLOSE_QUORUM_LESS_ONE
       :: CLOSING(HEAD) && FROZE_ALL(0) -> d_step { close(0, 0) }
       :: CLOSING(HEAD) && FROZE_ALL(1) -> d_step { close(1, 1) }
       :: CLOSING(HEAD) && FROZE_ALL(2) -> d_step { close(2, 2) }
#endif
       :: CLOSING(HEAD) && FROZE_ALL(0) && FROZE_ALL(1) -> d_step { close(0, 1) }
       :: CLOSING(HEAD) && FROZE_ALL(0) && FROZE_ALL(2) -> d_step { close(0, 2) }
       :: CLOSING(HEAD) && FROZE_ALL(1) && FROZE_ALL(2) -> d_step { close(1, 2) }
#endif
       :: else -> break
       fi;
       d_step { tidy(); check() }
     }
  od
}
