// How a program that runs until told to stop is told.
#pragma once
#include <csignal>

namespace sotto::apps {

// Holds SIGINT, SIGTERM and SIGHUP back in this thread and every one made from here on; whoever waits for them takes them from the set.
inline sigset_t hold_stop_signals() {
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&stop_signals, s);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  return stop_signals;
}

}  // namespace sotto::apps
