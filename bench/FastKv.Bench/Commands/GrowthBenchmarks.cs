// How the cost of each structure's hot operations grows with its size, for BenchmarkDotNet. (`-- types --only growth` plots the same operations
// with a timing loop of its own, which takes a minute where these suites take many.)
using BenchmarkDotNet.Attributes;

namespace FastKv.Bench.Commands;

/// <summary>One value of <see cref="Count"/> elements; random elements are operated on through parser, dispatch, handler and reply.</summary>
[MemoryDiagnoser]
public abstract class GrowthBenchmarks
{
    private const int Requests = 1 << 14;

    private GrowthEngine _engine = null!;
    private RequestBlock _requests = null!;

    /// <summary>Elements.</summary>
    [Params(100, 10_000, 1_000_000, 10_000_000)]
    public int Count { get; set; }

    /// <summary>What runs. Each structure has its own public parameter for it: BenchmarkDotNet does not take an inherited source.</summary>
    protected string Requested { get; set; } = "";

    /// <summary>As in <see cref="GrowthFamilies"/>.</summary>
    protected abstract string Family { get; }

    /// <summary>Fills the value.</summary>
    [GlobalSetup]
    public void Setup()
    {
        GrowthFamily family = GrowthFamilies.All.Single(f => f.Name == Family);
        _engine = new GrowthEngine(family, Count);
        _requests = _engine.Requests(family.Operations.Single(o => o.Name == Requested), Requests);
    }

    /// <summary>Gives everything back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _requests.Dispose();
        _engine.Dispose();
    }

    /// <summary>All requests once.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public long Run() => _engine.Run(_requests);

    private protected static IEnumerable<string> Names(string family) => GrowthFamilies.All.Single(f => f.Name == family).Operations.Select(o => o.Name);
}

/// <summary>Lists.</summary>
public class ListGrowth : GrowthBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get => Requested; set => Requested = value; }

    /// <summary>The operations of lists.</summary>
    public static IEnumerable<string> Operations => Names("list");

    /// <inheritdoc/>
    protected override string Family => "list";
}

/// <summary>Hashes.</summary>
public class HashGrowth : GrowthBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get => Requested; set => Requested = value; }

    /// <summary>The operations of hashes.</summary>
    public static IEnumerable<string> Operations => Names("hash");

    /// <inheritdoc/>
    protected override string Family => "hash";
}

/// <summary>Sets.</summary>
public class SetGrowth : GrowthBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get => Requested; set => Requested = value; }

    /// <summary>The operations of sets.</summary>
    public static IEnumerable<string> Operations => Names("set");

    /// <inheritdoc/>
    protected override string Family => "set";
}

/// <summary>Sorted sets.</summary>
public class SortedSetGrowth : GrowthBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get => Requested; set => Requested = value; }

    /// <summary>The operations of sorted sets.</summary>
    public static IEnumerable<string> Operations => Names("sorted set");

    /// <inheritdoc/>
    protected override string Family => "sorted set";
}

/// <summary>Streams.</summary>
public class StreamGrowth : GrowthBenchmarks
{
    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get => Requested; set => Requested = value; }

    /// <summary>The operations of streams.</summary>
    public static IEnumerable<string> Operations => Names("stream");

    /// <inheritdoc/>
    protected override string Family => "stream";
}
