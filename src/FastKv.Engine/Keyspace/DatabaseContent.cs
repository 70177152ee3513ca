using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

/// <summary>What a <see cref="Database"/> had when it was put aside. Data plane.</summary>
/// <param name="Table">The entries.</param>
/// <param name="Expiries">Those of keys.</param>
/// <param name="FieldExpiryCount">Hashes with fields that may expire.</param>
internal readonly record struct DatabaseContent(ExtendibleTable<KeyEntryLayout> Table, ExpirySum Expiries, long FieldExpiryCount);
