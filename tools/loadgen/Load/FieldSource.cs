// What the places of a request are filled from. Data plane.
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.LoadGen.Load;

/// <summary>Key numbers, random numbers and a counter. One per worker.</summary>
/// <param name="keys">Draws key numbers.</param>
/// <param name="seed">Of the random sequence.</param>
/// <param name="sequence">What the counter starts from.</param>
/// <param name="step">What the counter grows by: the number of workers, so that no two count the same.</param>
internal sealed class FieldSource(KeySource keys, ulong seed, long sequence = 0, long step = 1)
{
    private RandomSource _random = new(seed);

    /// <summary>The last number that was drawn, for those that stand in relation to it.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The number that the counter gives next.</summary>
    public long Sequence { get; private set; } = sequence;

    /// <summary>A key number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long NextKey() => keys.Next();

    /// <summary>64 random bits.</summary>
    public ulong NextRandom() => _random.Next();

    /// <summary>A number from [<paramref name="low"/>, low + <paramref name="count"/>), each as likely (but for 1 in 2^64 / count).</summary>
    public long NextNumber(long low, ulong count)
    {
        LastNumber = low + (long)Math.BigMul(_random.Next(), count, out _);
        return LastNumber;
    }

    /// <summary>Counts.</summary>
    public long NextSequence()
    {
        LastNumber = Sequence;
        Sequence += step;
        return LastNumber;
    }
}
