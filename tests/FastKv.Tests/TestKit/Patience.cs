using Xunit;

namespace FastKv.Tests.TestKit;

/// <summary>
/// Waits for what another thread or process does by itself. The limit is far beyond what a machine under load needs: it ends tests of what never happens,
/// and measures nothing.
/// </summary>
internal static class Patience
{
    private const int LimitMs = 60_000;
    private const int LookMs = 5;

    /// <summary>Returns as soon as it is so; fails the test with <paramref name="what"/> when it does not come to be so.</summary>
    public static void Until(Func<bool> isSo, string what) => Until(isSo, () => what);

    /// <summary>The same, with a text that is asked for in the end.</summary>
    public static void Until(Func<bool> isSo, Func<string> describe)
    {
        for (long until = Environment.TickCount64 + LimitMs; !isSo(); Thread.Sleep(LookMs))
            Assert.True(Environment.TickCount64 < until, describe());
    }
}
