namespace FastKv.Engine.Commands.Connection;

/// <summary>The rule for client names and library attributes: printable ASCII without spaces.</summary>
internal static class ClientName
{
    public static bool IsValid(ReadOnlySpan<byte> name) => name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;
}
