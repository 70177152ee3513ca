// A write load, with and without a snapshot beside it. Control plane.
using System.Diagnostics;
using FastKv.Bench.Reports;
using FastKv.LoadGen.Load;

namespace FastKv.Bench.Persistence;

/// <summary>What a stretch of load saw.</summary>
/// <param name="Seconds">How long it was.</param>
/// <param name="RequestsPerSecond">Replies.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
/// <param name="P999">Microseconds.</param>
/// <param name="Max">Microseconds.</param>
/// <param name="PeakBytes">Highest VmRSS.</param>
/// <param name="SaveSeconds">The snapshot; NaN without.</param>
/// <param name="StandstillMs">The longest time for which one of the two cores ran nobody.</param>
internal sealed record LoadStretch(
    double Seconds, double RequestsPerSecond, double P50, double P99, double P999, double Max, long PeakBytes, double SaveSeconds, double StandstillMs);

/// <summary>Runs the load in short phases one behind the other, so that it can end when the snapshot does.</summary>
internal sealed class SnapshotLoad : IDisposable
{
    private readonly DiskServer _server;
    private readonly LoadOptions _options;
    private readonly LoadGroup _group;
    private readonly (RequestTemplate, double)[] _commands;
    private readonly double _phaseSeconds;
    private readonly int[] _cores;
    private ulong _seed = 100;

    /// <summary>Connects; <paramref name="ratePerSecond"/> 0: as fast as replies come.</summary>
    public SnapshotLoad(DiskServer server, ReportSettings settings, Dataset data, double ratePerSecond)
    {
        _server = server;
        _options = data.Options(settings) with { RatePerSecond = ratePerSecond };
        _group = new LoadGroup(_options.Recipe(server.Address), _options.Connections, 1, _options.ClientCores);
        _commands = [(_options.Template(data.Write), 1)];
        _phaseSeconds = settings.Quick ? 0.1 : 0.5;
        _cores = [settings.ServerCore, settings.ClientCore];
    }

    /// <summary>Load alone.</summary>
    public LoadStretch RunAlone(double seconds) => Run(elapsed => elapsed >= seconds, isSaving: false);

    /// <summary>Load from right before a BGSAVE until it has ended.</summary>
    public LoadStretch RunWithSnapshot()
    {
        // Asked between two phases: the question would wait in the queue with the load's own.
        return Run(_ => !_server.IsSaving, isSaving: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _group.Dispose();

    private LoadStretch Run(Func<double, bool> isOver, bool isSaving)
    {
        const int leadMs = 20;
        using var watch = new ResidentWatch(_server.Address.ProcessId);
        using var cores = new CoreWatch(_cores);
        var latency = new LatencyHistogram();
        long requests = 0;
        double seconds = 0;
        long start = Stopwatch.GetTimestamp();
        Task? begin = null;
        do
        {
            // Within the first phase, so that the instant of the snapshot (a fork, or the ticket) meets a server at work.
            if (isSaving && begin is null)
                begin = Task.Run(() => BeginSave(leadMs));
            PhaseResult result = DiskServer.Check(_group.Run(_options.Phase(_commands, 1, _phaseSeconds, 0, _seed++)));
            latency.Add(result.Latency);
            requests += result.Requests;
            seconds += result.ElapsedSeconds;
            begin?.Wait();
        }
        while (!isOver(Stopwatch.GetElapsedTime(start).TotalSeconds));
        double saveSeconds = isSaving ? Stopwatch.GetElapsedTime(start).TotalSeconds : double.NaN;
        return new LoadStretch(seconds, requests / seconds, Us(0.5), Us(0.99), Us(0.999), latency.MaxNs / 1000.0, watch.Stop(), saveSeconds, cores.Stop());

        double Us(double quantile) => latency.QuantileNs(quantile) / 1000.0;
    }

    private void BeginSave(int leadMs)
    {
        Thread.Sleep(leadMs);
        _server.Control.Require("BGSAVE");
    }
}
