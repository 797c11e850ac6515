-- The ids of a product's images, a JSON list in their order. An image that was deleted is left out where they are shown.

ALTER TABLE products ADD COLUMN medias TEXT NOT NULL DEFAULT '[]';
