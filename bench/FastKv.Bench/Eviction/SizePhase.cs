// Sizes of the values that are written for some time. Control plane.
namespace FastKv.Bench.Eviction;

/// <summary>A distribution of sizes.</summary>
/// <param name="Name">As in texts.</param>
/// <param name="Draw">A size in bytes.</param>
internal sealed record SizePhase(string Name, Func<Random, int> Draw)
{
    /// <summary>One size.</summary>
    public static readonly SizePhase[] Small = [new("100 B", static _ => 100)];

    /// <summary>From one extreme to the other.</summary>
    public static readonly SizePhase[] Shifting =
    [
        new("16 to 200 B", static random => random.Next(16, 201)),
        new("20 to 64 KB", static random => random.Next(20_000, 65_537)),
        new("500 B to 3 KB", static random => random.Next(500, 3001)),
        new("16 B to 64 KB with all orders of magnitude alike", static random => (int)(16 * Math.Pow(2, random.NextDouble() * 12))),
        new("3 to 9 KB", static random => random.Next(3000, 9001)),
        new("16 to 64 B", static random => random.Next(16, 65)),
    ];
}
