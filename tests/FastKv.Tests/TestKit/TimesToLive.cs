namespace FastKv.Tests.TestKit;

/// <summary>Replies that tell how long something still has to live: they are some seconds less when the machine was slow in between.</summary>
internal static class TimesToLive
{
    private const long DelayMax = 9;

    /// <summary>Whether the reply is the expected one, but for the time that has passed if the command is TTL or HTTL (seconds).</summary>
    public static bool Agree(string command, string expected, string actual)
    {
        if (expected == actual)
            return true;
        if (!command.Split(' ')[0].EndsWith("TTL", StringComparison.OrdinalIgnoreCase))
            return false;
        string[] wanted = Words(expected), got = Words(actual);
        return wanted.Length == got.Length && wanted.Zip(got).All(pair => pair.First == pair.Second || IsLess(pair.First, pair.Second));
    }

    private static bool IsLess(string expected, string actual) =>
        long.TryParse(expected, out long wanted) && long.TryParse(actual, out long got) && wanted > DelayMax && got < wanted && got >= wanted - DelayMax;

    private static string[] Words(string reply) => reply.Split([' ', '[', ']', ':'], StringSplitOptions.RemoveEmptyEntries);
}
