// One stream of equal requests at a fixed rate. Data plane while it runs.
using FastKv.LoadGen.Load;

namespace FastKv.LoadGen.Leaderboard;

/// <summary>What a lane's requests are.</summary>
internal enum LaneKind
{
    /// <summary>Updates, in pipelined batches.</summary>
    Updates,

    /// <summary>ZREVRANK: the reply is a number.</summary>
    Rank,

    /// <summary>ZREVRANGE 0 99 WITHSCORES.</summary>
    Top,

    /// <summary>ZREVRANK, and when it is answered, ZREVRANGE of the ranks around: one query of two requests.</summary>
    Neighbours,
}

/// <summary>Requests, connections and figures of a lane. One thread's.</summary>
/// <param name="kind">What it sends.</param>
/// <param name="templates">Chosen with equal chances.</param>
/// <param name="perSecond">Requests (updates) or queries per second.</param>
/// <param name="pipeline">Requests per batch.</param>
/// <param name="connections">Over which batches are dealt out.</param>
internal sealed class Lane(LaneKind kind, string[] templates, double perSecond, int pipeline, int connections)
{
    /// <summary>Digits of a player's number.</summary>
    public const int PlayerDigits = 8;

    /// <summary>Requests of the lane.</summary>
    public RequestTemplate[] Templates { get; } = [.. templates.Select(t => RequestTemplate.Parse(t, new TemplateSizes(PlayerDigits, 0)))];

    /// <summary>What it sends.</summary>
    public LaneKind Kind => kind;

    /// <summary>Requests per batch.</summary>
    public int Pipeline => pipeline;

    /// <summary>What is offered.</summary>
    public double PerSecond => perSecond;

    /// <summary>Its connections.</summary>
    public LaneConnection[] Connections { get; } = [.. Enumerable.Range(0, connections).Select(_ => new LaneConnection())];

    /// <summary>Time from one batch to the next.</summary>
    public double IntervalNs { get; } = 1e9 * pipeline / perSecond;

    /// <summary>From when a request was due to its (last) reply.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Batches sent in this run.</summary>
    public long BatchesSent { get; set; }

    /// <summary>Requests (queries) answered in this run.</summary>
    public long Completed { get; set; }

    /// <summary>Replies that were errors, or not of the form that the query has.</summary>
    public long Unexpected { get; set; }

    /// <summary>The first of these.</summary>
    public string? FirstUnexpected { get; set; }

    /// <summary>The next connection to try.</summary>
    public int Next { get; set; }

    /// <summary>A connection that may send; null: none at present. Queries go one at a time.</summary>
    public LaneConnection? FindFree()
    {
        for (int tried = 0; tried < Connections.Length; tried++)
        {
            LaneConnection connection = Connections[Next];
            Next = Next + 1 == Connections.Length ? 0 : Next + 1;
            if (Kind == LaneKind.Updates ? !connection.State.IsFull : connection.State.Outstanding == 0)
                return connection;
        }
        return null;
    }

    /// <summary>Begins a run.</summary>
    public void Clear()
    {
        Latency.Clear();
        BatchesSent = Completed = Unexpected = 0;
        FirstUnexpected = null;
    }
}

/// <summary>A connection of a lane.</summary>
internal sealed class LaneConnection
{
    /// <summary>Unanswered batches and the part of a reply that has arrived.</summary>
    public LoadConnection State { get; } = new();

    /// <summary>Whose it is.</summary>
    public Lane Lane { get; set; } = null!;

    /// <summary>Neighbours: the rank is known, and the range asked for.</summary>
    public bool IsSecondStep { get; set; }
}
