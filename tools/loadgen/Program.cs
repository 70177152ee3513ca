// Entry point: fastkv-loadgen [options] drives one server, fastkv-loadgen compare [options] drives two in alternating rounds,
// fastkv-loadgen leaderboard [options] runs a study. Control plane.
using System.CommandLine;
using FastKv.LoadGen.Arguments;

return new RunArguments(new CompareArguments().Command, new LeaderboardArguments().Command).Command.Parse(args).Invoke();
