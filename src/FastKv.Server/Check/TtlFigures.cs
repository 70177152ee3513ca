namespace FastKv.Server.Check;

/// <summary>Times to live, counted from the time of the check. Control plane.</summary>
internal sealed class TtlFigures
{
    private const long Minute = 60_000;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;

    private static readonly (string Name, long BelowMs)[] s_steps =
    [
        ("1 minute", Minute), ("1 hour", Hour), ("1 day", Day), ("7 days", 7 * Day), ("30 days", 30 * Day), ("1 year", 365 * Day), ("longer", long.MaxValue),
    ];

    private readonly long[] _counts = new long[s_steps.Length];
    private double _sumMs;

    /// <summary>Keys with an expiry.</summary>
    public long Keys { get; private set; }

    /// <summary>Those of them that are due: a server leaves them out when it loads.</summary>
    public long Expired { get; private set; }

    public long MinimumMs { get; private set; }

    public long MaximumMs { get; private set; }

    /// <summary>Of keys that are not due.</summary>
    public long AverageMs => Keys == Expired ? 0 : (long)(_sumMs / (Keys - Expired));

    /// <summary>Keys that are not due, by time to live: the name of the bound, and how many are below it and not below the one before.</summary>
    public IEnumerable<(string Below, long Keys)> Histogram
    {
        get
        {
            for (int i = 0; i < s_steps.Length; i++)
                yield return (s_steps[i].Name, _counts[i]);
        }
    }

    /// <summary>Adds a key that expires in so many milliseconds.</summary>
    public void Add(long ttlMs)
    {
        Keys++;
        if (ttlMs < 0)
        {
            Expired++;
            return;
        }
        MinimumMs = Keys - Expired == 1 ? ttlMs : Math.Min(MinimumMs, ttlMs);
        MaximumMs = Math.Max(MaximumMs, ttlMs);
        _sumMs += ttlMs;
        int step = 0;
        while (ttlMs >= s_steps[step].BelowMs && step < s_steps.Length - 1)
            step++;
        _counts[step]++;
    }
}
