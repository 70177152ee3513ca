// What a worker is asked to do, and what it reports. Control plane.
namespace FastKv.LoadGen.Load;

/// <summary>One stretch of load: preload, warm-up or measurement.</summary>
internal sealed record LoadPhase
{
    /// <summary>The commands and their weights.</summary>
    public required (RequestTemplate Template, double Weight)[] Commands { get; init; }

    /// <summary>How keys are drawn.</summary>
    public KeyDistribution Distribution { get; init; }

    /// <summary>Size of the key space.</summary>
    public long Keys { get; init; } = 1;

    /// <summary>Skew of the Zipfian distribution.</summary>
    public double Theta { get; init; }

    /// <summary>Requests per write.</summary>
    public int Pipeline { get; init; } = 1;

    /// <summary>Requests in all; no limit when 0.</summary>
    public long Requests { get; init; }

    /// <summary>Time after which no new request is sent; no limit when 0.</summary>
    public double DurationSeconds { get; init; }

    /// <summary>Requests per second, sent whether or not earlier ones are answered (open loop); as fast as answers come when 0 (closed loop).</summary>
    public double RatePerSecond { get; init; }

    /// <summary>Do not sleep while waiting for replies.</summary>
    public bool BusyPoll { get; init; }

    /// <summary>Of the random sequences.</summary>
    public ulong Seed { get; init; }

    /// <summary>Connections per worker that send; all when 0. With one, requests arrive in the order in which they were made.</summary>
    public int ConnectionsMax { get; init; }

    /// <summary>Whether keys come in order: dealt out over the workers if there is one request per key, else round and round.</summary>
    public bool IsPreload { get; init; }
}

/// <summary>What came of a phase.</summary>
internal sealed record PhaseResult
{
    /// <summary>Replies received.</summary>
    public long Requests { get; init; }

    /// <summary>Error replies among them.</summary>
    public long Errors { get; init; }

    /// <summary>Null replies among them: reads that found nothing.</summary>
    public long Nulls { get; init; }

    /// <summary>Text of the first error reply.</summary>
    public string? FirstError { get; init; }

    /// <summary>Open loop: requests that were due and could not be sent any more, because too many were unanswered.</summary>
    public long NotSent { get; init; }

    /// <summary>From the first request to the last reply.</summary>
    public double ElapsedSeconds { get; init; }

    /// <summary>CPU time of the worker threads.</summary>
    public double ClientCpuSeconds { get; init; }

    /// <summary>Managed bytes that the worker threads allocated.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>From sending (open loop: from when it was due) to the reply.</summary>
    public required LatencyHistogram Latency { get; init; }

    /// <summary>Replies per second.</summary>
    public double RequestsPerSecond => ElapsedSeconds > 0 ? Requests / ElapsedSeconds : 0;

    /// <summary>Client CPU time per request.</summary>
    public double ClientCpuMicroseconds => Requests > 0 ? ClientCpuSeconds * 1e6 / Requests : 0;
}
