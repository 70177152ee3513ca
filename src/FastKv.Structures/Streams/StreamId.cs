using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>The ID of a stream's entry: milliseconds and a number within the millisecond, ordered as one 128-bit number. Data plane.</summary>
/// <param name="ms">Milliseconds, usually since the Unix epoch.</param>
/// <param name="seq">Number within the millisecond.</param>
public readonly struct StreamId(ulong ms, ulong seq) : IEquatable<StreamId>
{
    /// <summary>Milliseconds.</summary>
    public readonly ulong Ms = ms;

    /// <summary>Number within the millisecond.</summary>
    public readonly ulong Seq = seq;

    /// <summary>0-0, which no entry has.</summary>
    public static StreamId Zero => default;

    /// <summary>The largest ID.</summary>
    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Whether it is 0-0.</summary>
    public bool IsZero => (Ms | Seq) == 0;

    /// <summary>Whether it is the largest.</summary>
    public bool IsMax => (Ms & Seq) == ulong.MaxValue;

    /// <summary>The ID behind this one; of the largest: 0-0.</summary>
    public StreamId Next => Seq != ulong.MaxValue ? new(Ms, Seq + 1) : new(unchecked(Ms + 1), 0);

    /// <summary>The ID before this one; of 0-0: the largest.</summary>
    public StreamId Previous => Seq != 0 ? new(Ms, Seq - 1) : new(unchecked(Ms - 1), ulong.MaxValue);

    /// <summary>Equal.</summary>
    public static bool operator ==(StreamId left, StreamId right) => left.Ms == right.Ms && left.Seq == right.Seq;

    /// <summary>Not equal.</summary>
    public static bool operator !=(StreamId left, StreamId right) => !(left == right);

    /// <summary>Before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(StreamId left, StreamId right) => left.Ms < right.Ms || (left.Ms == right.Ms && left.Seq < right.Seq);

    /// <summary>Behind.</summary>
    public static bool operator >(StreamId left, StreamId right) => right < left;

    /// <summary>Before or equal.</summary>
    public static bool operator <=(StreamId left, StreamId right) => !(right < left);

    /// <summary>Behind or equal.</summary>
    public static bool operator >=(StreamId left, StreamId right) => !(left < right);

    /// <inheritdoc/>
    public bool Equals(StreamId other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StreamId other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Ms, Seq);

    /// <summary>ms-seq, for messages of tests.</summary>
    public override string ToString() => $"{Ms}-{Seq}";
}
