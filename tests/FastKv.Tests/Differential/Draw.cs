using System.Text;

namespace FastKv.Tests.Differential;

/// <summary>
/// The seeded source of everything random in a generated command: names in random case, keys from a small space (so that
/// commands meet each other's results), values and numbers with the boundary cases over-represented.
/// </summary>
public sealed class Draw(int seed)
{
    /// <summary>2100-01-01 in Unix seconds: far enough that nothing with an absolute expiry expires during a test.</summary>
    private const long FarFutureSeconds = 4_102_444_800;

    private static readonly string[] Keys =
        ["k1", "k2", "k3", "k4", "{t}a", "{t}b", "{t}", "", "key with space", "bin\0\xff\r\n", "{}x",
            "a-rather-long-key-that-no-compact-header-will-hold-inline-" + new string('z', 40)];

    private static readonly string[] Integers =
        ["0", "1", "-1", "2", "7", "10", "100", "9999", "10000", "-100", "2147483647", "-2147483648", "4294967295", "9223372036854775806",
            "9223372036854775807", "-9223372036854775808"];

    private static readonly string[] NotIntegers =
        ["", "abc", "1.5", " 1", "1 ", "+1", "01", "-0", "0x10", "1e3", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "99999999999999999999999", "nan", "-", "1\0"];

    private static readonly string[] Floats =
        ["0", "1", "-1", "0.1", "0.5", "1.5", "-3.25", "3.0e3", "5.0e-3", "10.00", "1e10", "1e17", "123456789.123", "0.00000000000000001", "-0", "+2", ".5",
            "1e400"];

    private static readonly string[] NotFloats = ["", "abc", "inf", "-inf", "nan", "1 ", " 1", "1.5x", "1e5000", "0x", "--1", "1,5"];

    // No small positive number and no large valid offset: a stray one would expire a key soon or allocate half a gigabyte.
    private static readonly string[] Junk = ["", "0", "-1", "abc", "1.5", " 5", "9223372036854775807", "9223372036854775808", "4294967296", "*", "\r\n",
        "NX", "GET", "k1"];

    private readonly Random _random = new(seed);

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => _random.NextDouble() < probability;

    /// <summary>An integer in [from, to).</summary>
    public long Between(long from, long to) => _random.NextInt64(from, to);

    /// <summary>One of the choices.</summary>
    public T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    /// <summary>The word in upper, lower or mixed case.</summary>
    public string Case(string word) => _random.Next(6) switch
    {
        0 => word.ToLowerInvariant(),
        1 => string.Concat(word.Select(c => _random.Next(2) == 0 ? char.ToLowerInvariant(c) : c)),
        _ => word,
    };

    /// <summary>A key of the small key space.</summary>
    public string Key() => Keys[_random.Next(Keys.Length)];

    /// <summary>Between min and max keys, repetitions included.</summary>
    public string[] SomeKeys(int min, int max) => Many(min, max, Key);

    /// <summary>Between min and max results of a draw.</summary>
    public T[] Many<T>(int min, int max, Func<T> one) => Enumerable.Range(0, (int)Between(min, max + 1)).Select(_ => one()).ToArray();

    /// <summary>A database number, mostly one of 0 to 3.</summary>
    public string Database() => Chance(0.93) ? Between(0, 4).ToString() : Pick("15", "16", "-1", "abc", "", "4294967296", "99999999999999999999");

    /// <summary>A string value: numbers, words, boundary lengths of Redis's encodings, binary.</summary>
    public string Value() => _random.Next(12) switch
    {
        0 => "",
        1 or 2 => Integers[_random.Next(Integers.Length)],
        3 => Between(-20, 20).ToString(),
        4 => Floats[_random.Next(Floats.Length)],
        5 => NotIntegers[_random.Next(NotIntegers.Length)],
        6 => Binary((int)Between(1, 20)),
        7 => Binary((int)Pick(43L, 44, 45, 63, 64, 65, Between(100, 600))),
        8 => new string('a', (int)Pick(20L, 21, 44, 45, 1024)),
        _ => Pick("foo", "bar", "hello world", "v\r\n", "ohmytext", "mynewtext"),
    };

    /// <summary>A short word over a small alphabet, for LCS.</summary>
    public string Word() => new(Many(0, 24, () => Pick('a', 'b', 'c', 'd')));

    /// <summary>Random bytes as a Latin-1 string.</summary>
    public string Binary(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>An integer argument; one in eight is none.</summary>
    public string Integer() => _random.Next(8) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 or 2 => Integers[_random.Next(Integers.Length)],
        _ => Between(-50, 50).ToString(),
    };

    /// <summary>A float argument; one in eight is none.</summary>
    public string Float() => _random.Next(8) switch
    {
        0 => NotFloats[_random.Next(NotFloats.Length)],
        1 => Between(-1000, 1000).ToString(),
        _ => Floats[_random.Next(Floats.Length)],
    };

    /// <summary>An index into a string: mostly near its ends, negative ones included.</summary>
    public string Index() => _random.Next(10) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Integers[_random.Next(Integers.Length)],
        _ => Between(-24, 48).ToString(),
    };

    /// <summary>A byte offset for SETRANGE that keeps values of ordinary keys small.</summary>
    public string WriteOffset() => _random.Next(20) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Pick("-1", "536870912", "536870911000", "9223372036854775807", "-9223372036854775808"),
        2 => Between(0, 1200).ToString(),
        _ => Between(0, 40).ToString(),
    };

    /// <summary>A bit offset for writes that keeps values of ordinary keys small.</summary>
    public string WriteBit() => _random.Next(20) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Pick("-1", "4294967296", "9223372036854775807", "-9223372036854775808"),
        2 => Between(0, 9000).ToString(),
        _ => Between(0, 200).ToString(),
    };

    /// <summary>A relative expiry in seconds, never near. The wide range makes two equal ones (a race between GT, LT and the clock) improbable.</summary>
    public string Seconds() => _random.Next(10) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Pick("0", "-1", "-100", "9223372036854775807", "9223372036854776", "-9223372036854775808"),
        _ => Between(10_000, 100_000_000).ToString(),
    };

    /// <summary>A relative expiry in milliseconds, never near.</summary>
    public string Milliseconds() => _random.Next(10) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Pick("0", "-1", "-100", "9223372036854775807", "-9223372036854775808"),
        _ => Between(10_000_000, 100_000_000_000).ToString(),
    };

    /// <summary>An absolute expiry in Unix seconds, in the far future.</summary>
    public string UnixSeconds() => _random.Next(12) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Pick("0", "-1", "9223372036854775807", "9223372036854775"),
        _ => (FarFutureSeconds + Between(0, 8)).ToString(),
    };

    /// <summary>An absolute expiry in Unix milliseconds, in the far future.</summary>
    public string UnixMilliseconds() => _random.Next(12) switch
    {
        0 => NotIntegers[_random.Next(NotIntegers.Length)],
        1 => Pick("0", "-1", "-9223372036854775808"),
        _ => ((FarFutureSeconds * 1000) + Between(0, 8000)).ToString(),
    };

    /// <summary>An argument that fits nowhere in particular.</summary>
    public string Stray() => Junk[_random.Next(Junk.Length)];
}
