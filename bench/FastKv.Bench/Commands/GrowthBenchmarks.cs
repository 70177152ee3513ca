// How the cost of each structure's hot operations grows with its size, for BenchmarkDotNet. `-- types --only growth` runs and plots them.
using BenchmarkDotNet.Attributes;

namespace FastKv.Bench.Commands;

/// <summary>An operation on a value of so many elements.</summary>
public sealed class GrowthCase : IComparable<GrowthCase>, IComparable
{
    private readonly int _rank;

    internal GrowthCase(GrowthFamily family, long count, GrowthOperation operation, int rank)
    {
        Family = family;
        Count = count;
        Operation = operation;
        _rank = rank;
    }

    internal GrowthFamily Family { get; }

    internal long Count { get; }

    internal GrowthOperation Operation { get; }

    /// <summary>In the order of <see cref="GrowthBenchmarks.Cases"/>.</summary>
    public int CompareTo(GrowthCase? other) => other is null ? 1 : _rank.CompareTo(other._rank);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => CompareTo(obj as GrowthCase);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Family.Name}, {Operation.Name}, {Count}");
}

/// <summary>Random elements of one value are operated on through parser, dispatch, handler and reply.</summary>
[MemoryDiagnoser]
public class GrowthBenchmarks
{
    // So many that the elements of a large value do not stay in the caches.
    private const int Requests = 1 << 18;

    // Kept from case to case: the operations on one value follow each other, and filling it takes longer than any of them.
    private static GrowthEngine? s_engine;
    private static GrowthCase? s_engineOf;

    private RequestBlock _requests = null!;

    /// <summary>All cases: of one structure together, and of one size within it.</summary>
    public static IEnumerable<GrowthCase> Cases
    {
        get
        {
            int rank = 0;
            foreach (GrowthFamily family in GrowthFamilies.All)
            {
                foreach (long size in Sizes)
                {
                    foreach (GrowthOperation operation in family.Operations)
                        yield return new GrowthCase(family, size, operation, rank++);
                }
            }
        }
    }

    /// <summary>What runs.</summary>
    [ParamsSource(nameof(Cases))]
    public GrowthCase Case { get; set; } = null!;

    /// <summary>Elements of the values.</summary>
    internal static long[] Sizes { get; set; } = [100, 10_000, 1_000_000, 10_000_000];

    /// <summary>Fills the value, unless the case before has had the same.</summary>
    [GlobalSetup]
    public void Setup()
    {
        if (s_engineOf is null || s_engineOf.Family != Case.Family || s_engineOf.Count != Case.Count)
        {
            GiveBack();
            s_engine = new GrowthEngine(Case.Family, Case.Count);
            s_engineOf = Case;
        }
        _requests = s_engine!.Requests(Case.Operation, Requests);
    }

    /// <summary>Gives the requests back; the value waits for the next case.</summary>
    [GlobalCleanup]
    public void Cleanup() => _requests.Dispose();

    /// <summary>All requests once.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public long Run() => s_engine!.Run(_requests);

    /// <summary>Gives the last value back.</summary>
    internal static void GiveBack()
    {
        s_engine?.Dispose();
        s_engine = null;
        s_engineOf = null;
    }
}
