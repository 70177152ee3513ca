using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>Whether two servers hold the same: digests, times to live, and of streams what a digest leaves out.</summary>
internal static class DataComparison
{
    public static void AssertEqual(RespClient expected, RespClient actual, string expectedKey, string actualKey)
    {
        string[] facts = ["TYPE", "PEXPIRETIME"];
        foreach (string fact in facts)
            AssertSame(expected.Call(fact, expectedKey), actual.Call(fact, actualKey), $"{fact} {expectedKey}");
        AssertSame(expected.Call("DEBUG", "DIGEST-VALUE", expectedKey), actual.Call("DEBUG", "DIGEST-VALUE", actualKey), $"digest of {expectedKey}");
        if (expected.Call("TYPE", expectedKey).Text != "stream")
            return;
        string before = WithoutClock(expected.Call("XINFO", "STREAM", expectedKey, "FULL", "COUNT", "0"));
        string after = WithoutClock(actual.Call("XINFO", "STREAM", actualKey, "FULL", "COUNT", "0"));
        Assert.True(before == after, $"XINFO STREAM {expectedKey}\nexpected {before}\nactual   {after}");
    }

    /// <summary>The digest of everything a server holds.</summary>
    public static string DigestOf(RespClient client) => client.Call("DEBUG", "DIGEST").Text;

    private static void AssertSame(RespFrame expected, RespFrame actual, string what) =>
        Assert.True(expected.Raw.AsSpan().SequenceEqual(actual.Raw), $"{what}\nexpected {expected}\nactual   {actual}");

    // Which node of a radix tree an ID is in depends on how the tree came to be; and consumers' times pass.
    private static string WithoutClock(RespFrame frame)
    {
        if (frame.Items is not { } items)
            return frame.IsNull ? "nil" : frame.Text;
        var parts = new List<string>();
        for (int i = 0; i < items.Length; i++)
        {
            parts.Add(WithoutClock(items[i]));
            if (items[i].Text is "radix-tree-nodes" && i + 1 < items.Length)
                i++;
        }
        return "[" + string.Join(' ', parts) + "]";
    }
}
