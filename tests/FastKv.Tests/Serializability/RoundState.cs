using System.Runtime.CompilerServices;

namespace FastKv.Tests.Serializability;

/// <summary>The values of all keys of a history; 0: the key does not exist. Compared by value.</summary>
internal struct RoundState : IEquatable<RoundState>
{
    public const int KeysMax = 8;

    private Values _values;

    /// <summary>Keys that exist.</summary>
    public readonly int Count
    {
        get
        {
            int count = 0;
            foreach (int value in _values)
                count += value != 0 ? 1 : 0;
            return count;
        }
    }

    /// <summary>The value of a key.</summary>
    public int this[int key]
    {
        readonly get => _values[key];
        set => _values[key] = value;
    }

    public readonly bool Equals(RoundState other) => ((ReadOnlySpan<int>)_values).SequenceEqual(other._values);

    public override readonly bool Equals(object? obj) => obj is RoundState other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int value in _values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    [InlineArray(KeysMax)]
    private struct Values
    {
        private int _first;
    }
}
