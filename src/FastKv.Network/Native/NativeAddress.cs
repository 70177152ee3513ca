// sockaddr in both directions, by way of System.Net's own serialisation. Control plane.
using System.Net;
using System.Net.Sockets;

namespace FastKv.Network.Native;

internal static unsafe class NativeAddress
{
    /// <summary>sockaddr_storage.</summary>
    internal const int BytesMax = 128;

    internal static int Family(EndPoint endPoint) => endPoint switch
    {
        UnixDomainSocketEndPoint => Libc.AF_UNIX,
        IPEndPoint { AddressFamily: AddressFamily.InterNetwork } => Libc.AF_INET,
        IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } => Libc.AF_INET6,
        _ => throw new ArgumentException($"Not an IPv4, IPv6 or Unix address: {endPoint}", nameof(endPoint)),
    };

    /// <summary>Writes the sockaddr of an end point into 128 bytes; returns its length.</summary>
    internal static uint Write(EndPoint endPoint, Span<byte> target)
    {
        SocketAddress address = endPoint.Serialize();
        address.Buffer.Span[..address.Size].CopyTo(target);
        return (uint)address.Size;
    }

    /// <summary>The end point of a sockaddr; null for a nameless Unix socket or an unknown family.</summary>
    internal static EndPoint? Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < sizeof(ushort)) return null;
        switch (BitConverter.ToUInt16(source))
        {
            case Libc.AF_INET:
                return new IPEndPoint(IPAddress.Any, 0).Create(ToManaged(AddressFamily.InterNetwork, source));
            case Libc.AF_INET6:
                return new IPEndPoint(IPAddress.IPv6Any, 0).Create(ToManaged(AddressFamily.InterNetworkV6, source));
            case Libc.AF_UNIX when source.Length > sizeof(ushort):
                return new UnixDomainSocketEndPoint("/").Create(ToManaged(AddressFamily.Unix, source));
            default:
                return null;
        }
    }

    private static SocketAddress ToManaged(AddressFamily family, ReadOnlySpan<byte> source)
    {
        var address = new SocketAddress(family, source.Length);
        source.CopyTo(address.Buffer.Span);
        return address;
    }
}
