// What numbers cost to read and to write.
using BenchmarkDotNet.Attributes;
using FastKv.Protocol;

namespace FastKv.Bench.Protocol;

/// <summary>One conversion per operation.</summary>
[MemoryDiagnoser]
public unsafe class NumberConversion
{
    private readonly byte[] _text = new byte[ExtendedDouble.HumanCharsMax];
    private readonly byte[] _integerText = "1234567890123"u8.ToArray();
    private readonly byte[] _scoreText = "3.14159"u8.ToArray();

    /// <summary>A counter to text.</summary>
    /// <param name="value">The counter.</param>
    [Benchmark]
    [Arguments(7L)]
    [Arguments(12_345L)]
    [Arguments(long.MaxValue)]
    public int FormatInt64(long value)
    {
        fixed (byte* target = _text)
            return NumberText.Format(target, value);
    }

    /// <summary>Thirteen digits from text.</summary>
    [Benchmark]
    public bool ParseInt64() => NumberText.TryParseInt64(_integerText, out _);

    /// <summary>A score to text.</summary>
    /// <param name="value">The score; the last one is beyond the exact path.</param>
    [Benchmark]
    [Arguments(1.5)]
    [Arguments(3.1)]
    [Arguments(1e300)]
    public int FormatDouble17(double value) => NumberText.FormatDouble17(_text, value);

    /// <summary>A score from text.</summary>
    [Benchmark]
    public bool ParseDouble() => NumberText.TryParseDouble(_scoreText, out _);

    /// <summary>All that INCRBYFLOAT does with numbers.</summary>
    [Benchmark]
    public int IncrementByFloat()
    {
        ExtendedDouble.TryParse("10.5"u8, out ExtendedDouble value);
        ExtendedDouble.TryParse("0.1"u8, out ExtendedDouble increment);
        return ExtendedDouble.Add(value, increment).FormatHuman(_text);
    }
}
