// Commands in process, one suite per family: time and managed bytes per command (the latter have to be 0).
using BenchmarkDotNet.Attributes;

namespace FastKv.Bench.Commands;

/// <summary>Runs batches of 64 requests over 100,000 keys of each kind through parser, dispatch, handler and reply.</summary>
[MemoryDiagnoser]
public abstract class CommandBenchmarks
{
    private const int Operations = 1 << 14;
    private const int Keys = 100_000;

    private InProcessEngine _engine = null!;
    private RequestBlock _requests = null!;

    /// <summary>What runs. Each family has its own public parameter for it: BenchmarkDotNet does not take an inherited source.</summary>
    protected string Requested { get; set; } = "";

    /// <summary>Fills the databases, and makes the requests.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _engine = PreparedEngine.Make(Keys);
        _requests = PreparedEngine.Requests(_engine, Requested, Operations, Keys);
    }

    /// <summary>Gives everything back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _requests.Dispose();
        _engine.Dispose();
    }

    /// <summary>All requests once.</summary>
    [Benchmark(OperationsPerInvoke = Operations)]
    public long Run() => _engine.Run(_requests);
}

/// <summary>Strings.</summary>
public class StringCommands : CommandBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Lines))]
    public string Line { get => Requested; set => Requested = value; }

    /// <summary>The lines of the family.</summary>
    public static IEnumerable<string> Lines => CommandFamilies.Strings;
}

/// <summary>Bitmaps.</summary>
public class BitmapCommands : CommandBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Lines))]
    public string Line { get => Requested; set => Requested = value; }

    /// <summary>The lines of the family.</summary>
    public static IEnumerable<string> Lines => CommandFamilies.Bitmaps;
}

/// <summary>Keys of any type.</summary>
public class GenericCommands : CommandBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Lines))]
    public string Line { get => Requested; set => Requested = value; }

    /// <summary>The lines of the family.</summary>
    public static IEnumerable<string> Lines => CommandFamilies.Generic;
}

/// <summary>Times to live.</summary>
public class ExpiryCommands : CommandBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Lines))]
    public string Line { get => Requested; set => Requested = value; }

    /// <summary>The lines of the family.</summary>
    public static IEnumerable<string> Lines => CommandFamilies.Expiry;
}

/// <summary>The session.</summary>
public class ConnectionCommands : CommandBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Lines))]
    public string Line { get => Requested; set => Requested = value; }

    /// <summary>The lines of the family.</summary>
    public static IEnumerable<string> Lines => CommandFamilies.Connection;
}
