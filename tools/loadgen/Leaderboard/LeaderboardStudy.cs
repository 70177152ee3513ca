// Loads the players into one sorted set, then measures queries beside updates. Control plane.
using System.Diagnostics;
using System.Globalization;
using FastKv.LoadGen.Comparing;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;

namespace FastKv.LoadGen.Leaderboard;

/// <summary>Figures of a lane; latencies in microseconds, from when a request was due.</summary>
internal sealed record LaneRow(string Name, double OfferedPerSecond, double AchievedPerSecond, long Completed, LatencyRow Latency);

/// <summary>Figures of a server. Bytes per player are growths over the load of the players; NaN where the server's process cannot be seen.</summary>
internal sealed record LeaderboardRow(
    ServerRow Server, long Players, double LoadSeconds, double ResidentBytesPerPlayer, double UsedBytesPerPlayer, double ServerCpuShare, LaneRow[] Lanes)
{
    /// <summary>Below this share of what was offered a server has not kept up.</summary>
    private const double KeptUpShare = 0.99;

    /// <summary>Whether the updates that were offered were answered in the time.</summary>
    public bool KeptUp => Lanes.All(l => l.AchievedPerSecond >= KeptUpShare * l.OfferedPerSecond);
}

/// <summary>The study on one server after the other.</summary>
internal static class LeaderboardStudy
{
    private const int LoadConnections = 4;

    /// <summary>Runs the study on a server.</summary>
    /// <exception cref="LoadException">The server fails, or replies with errors.</exception>
    public static LeaderboardRow Run(LeaderboardPlan plan, ServerChoice choice)
    {
        if (choice.StartCommand is null)
            return Run(plan, ServerAddress.Parse(choice.Address ?? throw new LoadException("Give a server or a command that starts one.")));
        using var server = ServerProcess.Start(choice.StartCommand, plan.ServerCore);
        return Run(plan, server.Address);
    }

    private static LeaderboardRow Run(LeaderboardPlan plan, ServerAddress address)
    {
        using var control = new ControlClient(address.EndPoint);
        ServerFacts facts = ServerFacts.Ask(control);
        int processId = ServerCpu.ProcessOf(address, facts);
        facts = facts.WithProcess(processId);
        control.Require("DEL", LeaderboardLoad.Key);
        Say(plan, $"{facts.Name} {facts.Version}: loading {plan.Players:N0} players");
        (double loadSeconds, double resident, double used) = LoadPlayers(plan, address, control, processId);
        Say(plan, $"{facts.Name} {facts.Version}: {plan.UpdatesPerSecond:N0} updates/s for {plan.Seconds} s");
        (LaneRow[] lanes, double cpuShare) = OnClientCore(plan, () => Measure(plan, address, processId));
        return new LeaderboardRow(
            new ServerRow(facts.Name, facts.Version, address.Text), plan.Players, loadSeconds, resident, used, cpuShare, lanes);
    }

    private static (double Seconds, double Resident, double Used) LoadPlayers(
        LeaderboardPlan plan, ServerAddress address, ControlClient control, int processId)
    {
        var options = new LoadOptions
        {
            KeyPrefix = "user:",
            KeyBytes = "user:".Length + Lane.PlayerDigits,
            Connections = LoadConnections,
            ClientCores = plan.ClientCore >= 0 ? [plan.ClientCore] : [],
        };
        using var group = new LoadGroup(options.Recipe(address), options.Connections, 1, options.ClientCores);
        var before = MemoryFigures.Read(control, processId);
        long start = Stopwatch.GetTimestamp();
        PhaseResult result = group.Run(options.PreloadPhase(new PreloadStep($"ZADD {LeaderboardLoad.Key} {{int:1G}} user:{{key}}", plan.Players)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (result.Errors > 0)
            throw new LoadException(result.FirstError ?? "errors");
        string count = control.Require("ZCARD", LeaderboardLoad.Key).Trim();
        if (count != string.Create(CultureInfo.InvariantCulture, $":{plan.Players}"))
            throw new LoadException($"{plan.Players} players were added, ZCARD is {count}");
        MemoryFigures after = MemoryFigures.Settled(control, processId);
        double players = plan.Players;
        return (seconds, (after.ResidentBytes - before.ResidentBytes) / players, (after.UsedBytes - before.UsedBytes) / players);
    }

    private static (LaneRow[] Lanes, double CpuShare) Measure(LeaderboardPlan plan, ServerAddress address, int processId)
    {
        using var load = new LeaderboardLoad(address.EndPoint, plan);
        if (plan.WarmUpSeconds > 0)
            load.Run(plan.WarmUpSeconds);
        var cpu = ServerCpu.Start(processId);
        (double offered, double answered) = load.Run(plan.Seconds);
        double share = cpu.Stop().Seconds / answered;
        foreach (Lane lane in load.Lanes)
        {
            if (lane.Unexpected > 0)
                throw new LoadException($"{lane.Kind}: {lane.Unexpected} unexpected replies, the first: {lane.FirstUnexpected}");
        }
        LaneRow[] rows = [.. load.Lanes.Select(l => new LaneRow(
            Name(l.Kind), l.PerSecond, Achieved(l, offered, answered), l.Completed, LatencyRow.Of(l.Latency)))];
        return (rows, share);
    }

    /// <summary>
    /// What was answered over the time that it took. Replies of the last moment come behind the end of the offer; only a backlog, that is more than a
    /// second of it, is counted as time.
    /// </summary>
    private static double Achieved(Lane lane, double offered, double answered)
    {
        double due = offered * lane.PerSecond;
        double sent = (double)lane.BatchesSent * lane.Pipeline;
        double rate = lane.Completed / (answered - offered > 1 ? answered : offered);
        return sent >= due - (2 * lane.Pipeline) && answered - offered <= 1 ? lane.PerSecond : Math.Min(rate, lane.PerSecond);
    }

    private static string Name(LaneKind kind) => kind switch
    {
        LaneKind.Updates => "update (ZADD, ZINCRBY)",
        LaneKind.Rank => "rank (ZREVRANK)",
        LaneKind.Top => "top 100 (ZREVRANGE WITHSCORES)",
        _ => "±10 neighbours (ZREVRANK, ZREVRANGE)",
    };

    private static T OnClientCore<T>(LeaderboardPlan plan, Func<T> run)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (plan.ClientCore >= 0)
                    CpuAffinity.PinCurrentThread([plan.ClientCore]);
                result = run();
            }
            catch (Exception error)
            {
                // Thrown on by the thread that waits.
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw failure as LoadException ?? new LoadException(failure.Message);
    }

    private static void Say(LeaderboardPlan plan, FormattableString text)
    {
        if (!plan.Quiet)
            Console.Error.WriteLine(FormattableString.Invariant(text));
    }
}
