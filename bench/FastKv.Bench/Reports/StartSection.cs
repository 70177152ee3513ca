// Time from the start of the process to the first PONG, and memory of an empty server. Control plane.
using System.Diagnostics;
using System.Net.Sockets;
using FastKv.LoadGen.Load;
using FastKv.LoadGen.Reports;
using FastKv.LoadGen.Servers;
using static FastKv.Bench.Reports.SectionReport;

namespace FastKv.Bench.Reports;

/// <summary>Starts servers over and over.</summary>
internal static class StartSection
{
    private const double StartLimitMs = 150;
    private const double EmptyLimitMb = 45;
    private const double Mega = 1e6;
    private const int PatienceMs = 20_000;

    /// <summary>FastKv with one and two shards, and redis-server.</summary>
    public static SectionReport Run(ReportSettings settings)
    {
        var report = new SectionReport("start", "Start and empty memory");
        (string Name, string Command)[] servers =
            [("redis-server", settings.Redis), ("FastKv, 1 shard", settings.FastKv(1)), ("FastKv, 2 shards", settings.FastKv(2))];
        var rows = new List<string[]> { new[] { "", "first PONG ms, median", "smallest", "largest", "RSS empty MB" } };
        var figures = new Dictionary<string, Start[]>();
        foreach ((string name, string command) in servers)
        {
            Measure(command);
            Start[] starts = [.. Enumerable.Range(0, settings.Starts).Select(_ => Measure(command))];
            figures[name] = starts;
            rows.Add(
            [
                name, Number(Medians.Of(starts, s => s.FirstPongMs), "F1"), Number(starts.Min(s => s.FirstPongMs), "F1"),
                Number(starts.Max(s => s.FirstPongMs), "F1"), Number(Medians.Of(starts, s => s.ResidentBytes / Mega), "F1"),
            ]);
        }
        report.Raw["start"] = figures;
        report.Paragraph($"{settings.Starts} starts each of the published ReadyToRun build after one that is not counted; memory a second after PONG.");
        report.Table([.. rows]);
        report.AtMost("Start to first PONG, 2 shards", Medians.Of(figures["FastKv, 2 shards"], s => s.FirstPongMs), StartLimitMs, "ms");
        report.AtMost("Empty RSS, 2 shards", Medians.Of(figures["FastKv, 2 shards"], s => s.ResidentBytes / Mega), EmptyLimitMb, "MB");
        return report;
    }

    private static Start Measure(string command)
    {
        ServerAddress address = ServerAddress.Loopback(ServerAddress.FindFreePort());
        List<string> words = WordSplitter.Split(command.Replace("{port}", address.Text[(address.Text.LastIndexOf(':') + 1)..], StringComparison.Ordinal));
        var info = new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true };
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(info)!;
        try
        {
            double firstPongMs = AwaitPong(address, process, start);
            Thread.Sleep(1000);
            return new Start(firstPongMs, ServerFacts.ResidentBytes(process.Id));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static double AwaitPong(ServerAddress address, Process process, long start)
    {
        while (true)
        {
            try
            {
                using var client = new ControlClient(address.EndPoint);
                client.Require("PING");
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(start).TotalMilliseconds < PatienceMs)
            {
                // Not listening yet: half a millisecond is the resolution of the figure.
                Thread.Sleep(TimeSpan.FromMilliseconds(0.5));
            }
        }
    }

    private sealed record Start(double FirstPongMs, long ResidentBytes);
}
