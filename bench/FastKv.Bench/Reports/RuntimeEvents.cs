// Watches the garbage collector of another process through its diagnostics port. Control plane.
using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Parsers;

namespace FastKv.Bench.Reports;

/// <summary>An EventPipe session with the runtime's GC events and the counters of System.Runtime, once a second.</summary>
internal sealed class RuntimeEvents : IDisposable
{
    private readonly EventPipeSession _session;
    private readonly EventPipeEventSource _source;
    private readonly Thread _reader;
    private int _collections;

    /// <summary>Attaches.</summary>
    public RuntimeEvents(int processId)
    {
        EventPipeProvider[] providers =
        [
            new("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, (long)ClrTraceEventParser.Keywords.GC),
            new("System.Runtime", EventLevel.Informational, 0, new Dictionary<string, string> { ["EventCounterIntervalSec"] = "1" }),
        ];
        _session = new DiagnosticsClient(processId).StartEventPipeSession(providers, requestRundown: false);
        _source = new EventPipeEventSource(_session.EventStream);
        _source.Clr.GCStart += _ => Interlocked.Increment(ref _collections);
        _source.Dynamic.All += OnDynamic;
        _reader = new Thread(() => _source.Process()) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>GCStart events so far.</summary>
    public int Collections => Volatile.Read(ref _collections);

    /// <summary>Sum of each counter's increments (of those that count up), and the last value of the others.</summary>
    public Dictionary<string, double> Counters { get; } = [];

    /// <summary>Ends the session and reads what is left.</summary>
    public void Stop()
    {
        _session.Stop();
        _reader.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _session.Dispose();
    }

    private void OnDynamic(TraceEvent data)
    {
        if (data.EventName != "EventCounters" || data.PayloadValue(0) is not IDictionary<string, object> outer
            || outer["Payload"] is not IDictionary<string, object> counter)
        {
            return;
        }
        string name = (string)counter["Name"];
        if (counter.TryGetValue("Increment", out object? increment))
            Counters[name] = Counters.GetValueOrDefault(name) + (double)increment;
        else if (counter.TryGetValue("Mean", out object? mean))
            Counters[name] = (double)mean;
    }
}
