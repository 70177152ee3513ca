// What the kernel gives back with every event: operation (8 bits), generation (32), index (24). Data plane.
namespace FastKv.Network;

internal enum TokenKind : byte
{
    Receive = 1,
    Send = 2,
    Connect = 3,
    Cancel = 4,
    Accept = 5,
    Wake = 6,
}

internal static class Token
{
    internal const int IndexMax = (1 << 24) - 1;

    internal static ulong Of(TokenKind kind, Connection connection) =>
        ((ulong)kind << 56) | ((ulong)connection.Generation << 24) | (uint)connection.Index;

    internal static ulong Of(TokenKind kind, int index) => ((ulong)kind << 56) | (uint)index;

    internal static TokenKind Kind(ulong token) => (TokenKind)(token >> 56);

    internal static uint Generation(ulong token) => (uint)(token >> 24);

    internal static int Index(ulong token) => (int)(token & IndexMax);
}
